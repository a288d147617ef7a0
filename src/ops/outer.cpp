// y[i][j] = a[i] b[j]. Never recorded: mul, which broadcasts, is.
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor outer(const Tensor& a, const Tensor& b) {
  for (const Tensor& x : {a, b}) {
    detail::check_defined("outer", x);
    if (x.impl()->shape.size() != 1) fail<ShapeError>("outer", "expected 1-D tensors, got {}", x.impl()->shape);
  }
  return a.unsqueeze(1) * b;
}

Tensor Tensor::outer(const Tensor& other) const { return xtape::outer(*this, other); }

}  // namespace xtape
