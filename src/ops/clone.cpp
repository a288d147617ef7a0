// y = x, in its own storage        dx = gy
// Keeps nothing.
#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor clone(const Tensor& x) {
  detail::check_defined("clone", x);
  return record("clone", {x}, detail::copy_of(x), [](const Tensor& gy) { return Gradients(gy); });
}

Tensor detail::recorded_copy(const Tensor& x) { return clone(x); }
Tensor Tensor::clone() const { return xtape::clone(*this); }

}  // namespace xtape
