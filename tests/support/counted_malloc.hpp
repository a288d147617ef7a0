// Counts the process's requests for memory and the bytes that it holds, and lets a request fail. Including this file
// replaces glibc's malloc functions by ones that count and then call glibc's. Include it in one source file of a
// program, and not under sanitizers.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>

namespace xtape::testing {

inline std::atomic<long> requests{0}, live_bytes{0};
inline std::atomic<long> largest_request{0};  // in bytes; of one thread at a time
/// Requests from the first to the last of these fail; none does at first.
inline std::atomic<long> first_to_fail{LONG_MAX}, last_to_fail{LONG_MAX};

inline bool next_request_fails() noexcept {
  const long request = ++requests;
  if (request < first_to_fail || request > last_to_fail) return false;
  errno = ENOMEM;
  return true;
}

/// `p`, counted.
inline void* held(void* p) noexcept {
  const auto bytes = static_cast<long>(malloc_usable_size(p));
  live_bytes += bytes;
  if (bytes > largest_request) largest_request = bytes;
  return p;
}

}  // namespace xtape::testing

extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;
void __libc_free(void*) noexcept;

void* malloc(std::size_t size) noexcept {
  return xtape::testing::next_request_fails() ? nullptr : xtape::testing::held(__libc_malloc(size));
}
void* calloc(std::size_t n, std::size_t size) noexcept {
  return xtape::testing::next_request_fails() ? nullptr : xtape::testing::held(__libc_calloc(n, size));
}
void* realloc(void* p, std::size_t size) noexcept {
  if (xtape::testing::next_request_fails()) return nullptr;
  const auto before = static_cast<long>(malloc_usable_size(p));
  void* const q = __libc_realloc(p, size);
  if (q || size == 0) xtape::testing::live_bytes -= before;
  return xtape::testing::held(q);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return xtape::testing::next_request_fails() ? nullptr : xtape::testing::held(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  *p = memalign(alignment, size);
  return *p ? 0 : ENOMEM;
}
void free(void* p) noexcept {
  xtape::testing::live_bytes -= static_cast<long>(malloc_usable_size(p));
  __libc_free(p);
}
}
