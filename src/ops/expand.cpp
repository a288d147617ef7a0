// y = x, repeated along extents of 1        dx = gy summed over the copies (done by the tape)
// Keeps nothing.
#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/fail.hpp"
#include "kernels/copy.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// A view where nothing is repeated, else a copy.
Tensor expanded(const Tensor& x, const Shape& to) {
  if (to.numel() == x.impl()->numel) return detail::make_view(x, to);
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  kernels::expand(itemsize(x.impl()->dtype), x.impl()->data, x.impl()->shape, y.impl()->data, to);
  return y;
}

}  // namespace

Tensor expand(const Tensor& x, const Shape& shape) {
  detail::check_defined("expand", x);
  const Shape& from = x.impl()->shape;
  Shape to = shape;
  const std::int64_t extra = to.size() - from.size();
  if (extra < 0) fail<ShapeError>("expand", "{} has fewer dims than the tensor's {}", shape, from);
  for (std::int64_t d = 0; d < to.size(); ++d) {
    if (to[d] == -1 && d >= extra) to[d] = from[d - extra];
    if (to[d] >= 0) continue;
    fail<ShapeError>("expand", "{}: extent {} in dim {} is negative; -1 keeps an extent of {}", shape, to[d], d, from);
  }
  if (!detail::broadcasts_to(from, to)) fail<ShapeError>("expand", "{} does not broadcast to {}", from, shape);
  return record("expand", {x}, detail::mark_copied("expand", x, expanded(x, to)),
                [](const Tensor& gy) { return Gradients(gy); });
}

Tensor Tensor::expand(const Shape& shape) const { return xtape::expand(*this, shape); }

}  // namespace xtape
