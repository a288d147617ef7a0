// y = sum of x over dims        dx = gy repeated over them
// Keeps x's shape.
#include <type_traits>

#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/reduce.hpp"
#include "ops/dims.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor sum_value(const Tensor& x, const detail::ReducedDims& over, bool keepdim);

/// How many elements lie in the last dims that are all summed.
std::int64_t last_summed(const Shape& shape, const detail::ReducedDims& over) {
  std::int64_t n = 1;
  for (std::int64_t d = shape.size() - 1; d >= 0 && over.has[d]; --d) n *= shape[d];
  return n;
}

/// The value for x whose last dims are summed, and others that are not adjacent: the last ones first, in float64. Where
/// those hold a few elements, this takes a small part of the time that moving all dims to the end would.
Tensor sum_last_first(const Tensor& x, detail::ReducedDims over, bool keepdim) {
  const Shape& from = x.impl()->shape;
  const Shape shape = detail::reduced_shape(from, over, keepdim);
  const std::int64_t n = last_summed(from, over);
  Shape left = from;
  for (; over.has[left.size() - 1]; left.erase(left.size() - 1)) over.has[left.size() - 1] = false;
  const Tensor sums = detail::make_tensor(left, DType::float64);
  Tensor y = detail::make_tensor(shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&x, &left, &sums, &over, &y, n]<class T>() {
    const T* u = detail::elements<T>(x);
    for (std::int64_t i = 0; i < left.numel(); ++i) detail::elements<double>(sums)[i] = kernels::sum(u + i * n, n);
    over.n /= n;
    detail::map<double, T>(sum_value(sums, over, false), y, [](double v) { return static_cast<T>(v); });
  });
  return y;
}

/// The value. Adjacent dims are summed without a copy, with x as (outer, n, inner); others are moved to the end first.
Tensor sum_value(const Tensor& x, const detail::ReducedDims& over, bool keepdim) {
  const Shape& from = x.impl()->shape;
  Shape kept, summed;
  for (std::int64_t d = 0; d < from.size(); ++d) (over.has[d] ? summed : kept).push_back(d);
  const std::int64_t first = summed.empty() ? from.size() : summed[0];
  const bool adjacent = summed.empty() || summed.back() - first + 1 == summed.size();
  if (!adjacent && over.n > 0 && last_summed(from, over) >= 4 && is_floating(x.impl()->dtype)) {
    return sum_last_first(x, over, keepdim);
  }
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
