// Grad mode: one flag a thread.
#include "xtape/autograd/grad_mode.hpp"

namespace xtape {

namespace {
thread_local bool grad_enabled = true;
}

bool is_grad_enabled() noexcept { return grad_enabled; }

namespace detail {
GradModeGuard::GradModeGuard(bool enabled) noexcept : previous_(grad_enabled) { grad_enabled = enabled; }
GradModeGuard::~GradModeGuard() { grad_enabled = previous_; }
}  // namespace detail

}  // namespace xtape
