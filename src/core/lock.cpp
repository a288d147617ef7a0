#include "core/lock.hpp"

namespace xtape::detail {

void Lock::wait() noexcept {
  // A thread that has waited takes the lock as `wanted`, since others may still be waiting.
  while (state_.exchange(wanted, std::memory_order_acquire) != free) state_.wait(wanted, std::memory_order_relaxed);
}

void Lock::wake() noexcept { state_.notify_one(); }

}  // namespace xtape::detail
