// y = sum of x over dims / n        dx = gy / n, repeated over them
// Keeps x's shape. The mean of no elements is 0 / 0, NaN.
#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor mean(const Tensor& x, const Shape& dims, bool keepdim) {
  detail::check_floating("mean", x);
  const detail::ReducedDims over = detail::reduced_dims("mean", x, dims);
  Tensor y = without_grad([&] { return sum(x, dims, keepdim) / over.n; });
  const std::int64_t n = std::max<std::int64_t>(over.n, 1);  // of no elements, the gradient has none either
  return record("mean", {x}, std::move(y), [from = x.impl()->shape, n, with_ones = over.with_ones](const Tensor& gy) {
    return Gradients((gy / n).reshape(with_ones).expand(from));
  });
}

Tensor mean(const Tensor& x, std::int64_t dim, bool keepdim) { return mean(x, Shape{dim}, keepdim); }
Tensor mean(const Tensor& x) { return mean(x, Shape()); }

Tensor Tensor::mean() const { return xtape::mean(*this); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const { return xtape::mean(*this, dims, keepdim); }
Tensor Tensor::mean(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::mean(*this, Shape(dims), keepdim);
}
Tensor Tensor::mean(std::int64_t dim, bool keepdim) const { return xtape::mean(*this, dim, keepdim); }

}  // namespace xtape
