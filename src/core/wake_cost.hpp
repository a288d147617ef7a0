// WakeCost: how long it takes until a thread that is asked for help begins, learned from how long it has taken. It
// differs from machine to machine, and on a busy one from moment to moment.
#pragma once

#include <algorithm>
#include <atomic>

namespace xtape {

/// Any number of threads may use one. An observation may get lost when two arrive at the same time.
class WakeCost {
 public:
  /// Nanoseconds, as expected before anything was observed.
  explicit WakeCost(double expected) noexcept : expected_(expected), ns_(expected) {}

  double ns() const noexcept { return ns_.load(std::memory_order_relaxed); }

  /// A thread has begun after `taken`, in nanoseconds. A single observation counts for little: the thread may have
  /// waited for a core.
  void observe(double taken) noexcept { move_towards(std::min(taken, 4 * ns()), 1. / 8); }

  /// To be called where the cost was too high to ask for help. What is not observed any more is forgotten, so that a
  /// busy moment does not leave the threads unused for good.
  void forget() noexcept {
    if (ns() > expected_) move_towards(expected_, 1. / 64);
  }

 private:
  void move_towards(double goal, double part) noexcept {
    const double now = ns();
    ns_.store(now + part * (goal - now), std::memory_order_relaxed);
  }

  const double expected_;
  std::atomic<double> ns_;
};

}  // namespace xtape
