// y = x with its dims in another order        dx = gy with its dims put back
// Keeps only the order.

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor permute(const Tensor& x, const Shape& dims) {
  detail::check_defined("permute", x);
  const Shape& from = x.impl()->shape;
  if (dims.size() != from.size()) {
    fail<ShapeError>("permute", "{} names {} dims, the tensor of shape {} has {}", dims, dims.size(), from,
                     from.size());
  }
  detail::distinct_dims("permute", dims, from.size());  // checks
  Shape order, inverse = dims;
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    const std::int64_t d = detail::normalize_dim("permute", dims[i], from.size());
    order.push_back(d);
    inverse[d] = i;
  }
  return record("permute", {x}, detail::mark_copied("permute", x, detail::permuted(x, order)),
                [inverse](const Tensor& gy) { return Gradients(permute(gy, inverse)); });
}

Tensor Tensor::permute(const Shape& dims) const { return xtape::permute(*this, dims); }

}  // namespace xtape
