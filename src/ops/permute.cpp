// y = x with its dims in another order        dx = gy with its dims put back
// Keeps nothing but the order.
#include "kernels/copy.hpp"
#include "ops/common.hpp"

namespace xtape {

Tensor permute(const Tensor& x, const Shape& dims) {
  detail::check_defined("permute", x);
  const Shape& from = x.impl()->shape;
  if (dims.size() != from.size()) {
    fail<ShapeError>("permute", "{} names {} dims, the tensor of shape {} has {}", dims, dims.size(), from, from.size());
  }
  Shape order, to, inverse = dims;
  bool taken[Shape::max_dim] = {};
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    const std::int64_t d = detail::normalize_dim("permute", dims[i], from.size());
    if (std::exchange(taken[d], true)) fail<ValueError>("permute", "dim {} is given twice in {}", dims[i], dims);
    order.push_back(d);
    to.push_back(from[d]);
    inverse[d] = i;
  }
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  kernels::permute(itemsize(x.impl()->dtype), x.impl()->data, from, y.impl()->data, order);
  return record("permute", {x}, std::move(y), [inverse](const Tensor& gy) { return Gradients(permute(gy, inverse)); });
}

}  // namespace xtape
