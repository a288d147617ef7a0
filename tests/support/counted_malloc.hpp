// Counts the process's requests for memory. Including this file replaces glibc's malloc functions by ones that count
// and then call glibc's. Include it in one source file of a program, and not under sanitizers.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace xtape::testing {
inline std::atomic<long> requests{0};
}

extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;

void* malloc(std::size_t size) noexcept { return ++xtape::testing::requests, __libc_malloc(size); }
void* calloc(std::size_t n, std::size_t size) noexcept { return ++xtape::testing::requests, __libc_calloc(n, size); }
void* realloc(void* p, std::size_t size) noexcept { return ++xtape::testing::requests, __libc_realloc(p, size); }
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return ++xtape::testing::requests, __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  *p = memalign(alignment, size);
  return *p ? 0 : ENOMEM;
}
}
