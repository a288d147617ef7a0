// Lock: a mutex of four bytes that is held briefly and rarely contended. While the program has only one thread it costs
// a plain store: a training step locks several times for each parameter, and atomic instructions would cost measurable
// time there.
#pragma once

#include <atomic>
#include <cstdint>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace xtape::detail {

/// True only if the program has no other thread.
inline bool is_only_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

/// For std::lock_guard. Not recursive.
class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() noexcept {
    std::uint32_t was = free;
    if (is_only_thread()) {
      state_.store(taken, std::memory_order_relaxed);
    } else if (!state_.compare_exchange_strong(was, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
      wait();
    }
  }
  void unlock() noexcept {
    if (is_only_thread()) {
      state_.store(free, std::memory_order_relaxed);
    } else if (state_.exchange(free, std::memory_order_release) == wanted) {
      wake();
    }
  }

 private:
  enum : std::uint32_t { free, taken, wanted };  // wanted: taken, and a thread may be asleep waiting for it
  void wait() noexcept;
  void wake() noexcept;

  std::atomic<std::uint32_t> state_ = free;
};

}  // namespace xtape::detail
