// Grad mode: whether ops on this thread are recorded. One flag a thread, changed for a scope at a time.
#pragma once

#include <utility>

#include "xtape/export.hpp"

namespace xtape {

/// True unless a NoGradGuard is in effect on this thread.
XTAPE_API bool is_grad_enabled() noexcept;

namespace detail {
/// Sets this thread's grad mode for a scope.
class XTAPE_API GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled) noexcept;
  ~GradModeGuard();
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool previous_;
};
}  // namespace detail

/// Ops in this scope are not recorded, and writing in place is allowed.
class NoGradGuard : detail::GradModeGuard {
 public:
  [[nodiscard]] NoGradGuard() noexcept : GradModeGuard(false) {}
};

/// Ops in this scope are recorded again, inside a NoGradGuard.
class EnableGradGuard : detail::GradModeGuard {
 public:
  [[nodiscard]] EnableGradGuard() noexcept : GradModeGuard(true) {}
};

/// The result of f(), computed under a NoGradGuard.
template <class F>
auto without_grad(F&& f) {
  NoGradGuard no_grad;
  return std::forward<F>(f)();
}

}  // namespace xtape
