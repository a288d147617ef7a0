// y = x with the elements in reverse order along some dims        dx = gy reversed along the same dims
// Keeps only which. The value is xtensor's.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "kernels/copy.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor flip(const Tensor& x, const Shape& dims) {
  detail::check_defined("flip", x);
  const Shape& shape = x.impl()->shape;
  const detail::DimSet reversed = detail::distinct_dims("flip", dims, shape.size());
  Tensor y = detail::make_tensor(shape, x.impl()->dtype);
  kernels::flip(itemsize(x.impl()->dtype), x.impl()->data, shape, y.impl()->data, reversed.has);
  return record("flip", {x}, std::move(y), [dims](const Tensor& gy) { return Gradients(flip(gy, dims)); });
}

Tensor Tensor::flip(const Shape& dims) const { return xtape::flip(*this, dims); }

}  // namespace xtape
