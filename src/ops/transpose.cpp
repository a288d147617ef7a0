// y = x with two dims exchanged        dx = gy with the same two exchanged
// Keeps only the dims.
#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  detail::check_defined("transpose", x);
  const Shape& from = x.impl()->shape;
  const std::int64_t p = detail::normalize_dim("transpose", dim0, from.size());
  const std::int64_t q = detail::normalize_dim("transpose", dim1, from.size());
  Shape order;
  for (std::int64_t d = 0; d < from.size(); ++d) order.push_back(d == p ? q : d == q ? p : d);
  return record("transpose", {x}, detail::mark_copied("transpose", x, detail::permuted(x, order)),
                [p, q](const Tensor& gy) { return Gradients(transpose(gy, p, q)); });
}

Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return xtape::transpose(*this, dim0, dim1); }

Tensor Tensor::t() const {
  detail::check_defined("t", *this);
  const Shape& shape = impl()->shape;
  if (shape.size() > 2) fail<ShapeError>("t", "expected at most 2 dims, got {}; use transpose or permute", shape);
  return xtape::transpose(*this, 0, shape.size() == 2 ? 1 : 0);
}

}  // namespace xtape
