// y = sum of x over dims        dx = gy repeated over them
// Keeps x's shape.
#include <type_traits>

#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/reduce.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The value. Adjacent dims are summed without a copy, with x as (outer, n, inner); others are moved to the end first.
Tensor sum_value(const Tensor& x, const detail::ReducedDims& over, bool keepdim) {
  const Shape& from = x.impl()->shape;
  Shape kept, summed;
  for (std::int64_t d = 0; d < from.size(); ++d) (over.has[d] ? summed : kept).push_back(d);
  const std::int64_t first = summed.empty() ? from.size() : summed[0];
  const bool adjacent = summed.empty() || summed.back() - first + 1 == summed.size();
  std::int64_t outer = 1, inner = 1;
  for (std::int64_t d : kept) (adjacent && d > first ? inner : outer) *= from[d];
  const Tensor source = adjacent ? x : detail::reduced_to_end(x, over);
  Tensor y = detail::make_tensor(detail::reduced_shape(from, over, keepdim),
                                 is_floating(x.impl()->dtype) ? x.impl()->dtype : DType::int64);
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    using U = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    kernels::sum_dim(detail::elements<T>(source), detail::elements<U>(y), outer, over.n, inner);
  });
  return y;
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::ReducedDims over = detail::reduced_dims("sum", x, dims);
  return record("sum", {x}, sum_value(x, over, keepdim),
                [from = x.impl()->shape, with_ones = over.with_ones](const Tensor& gy) {
                  return Gradients(gy.reshape(with_ones).expand(from));
                });
}

Tensor sum(const Tensor& x, std::int64_t dim, bool keepdim) { return sum(x, Shape{dim}, keepdim); }
Tensor sum(const Tensor& x) { return sum(x, Shape()); }

namespace detail {

Tensor sum_to(const Tensor& x, const Shape& shape) {
  const Shape& from = x.impl()->shape;
  if (from == shape) return x;
  const std::int64_t extra = from.size() - shape.size();
  Shape dims;
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (d < extra || (shape[d - extra] == 1 && from[d] != 1)) dims.push_back(d);
  }
  return reshape(sum(x, dims), shape);
}

}  // namespace detail
Tensor Tensor::sum() const { return xtape::sum(*this); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const { return xtape::sum(*this, dims, keepdim); }
Tensor Tensor::sum(std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::sum(*this, Shape(dims), keepdim);
}
Tensor Tensor::sum(std::int64_t dim, bool keepdim) const { return xtape::sum(*this, dim, keepdim); }

}  // namespace xtape
