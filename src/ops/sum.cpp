// y = sum of x over dims        dx = gy repeated over them
// Keeps x's shape.
#include "autograd/backward_ops.hpp"
#include "kernels/copy.hpp"
#include "kernels/reduce.hpp"
#include "ops/common.hpp"

namespace xtape {

namespace {

/// x with `dims` summed away one by one, innermost last: each is a pass over (outer, n, inner).
Tensor sum_value(const Tensor& x, const bool (&reduced)[Shape::max_dim], bool keepdim) {
  const Shape& from = x.impl()->shape;
  Shape kept, result, order;
  std::int64_t n = 1;
  std::int64_t first = from.size(), last = -1, count = 0;
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (!reduced[d]) {
      kept.push_back(from[d]);
      order.push_back(d);
      result.push_back(from[d]);
      continue;
    }
    n *= from[d];
    first = std::min(first, d);
    last = d;
    ++count;
    if (keepdim) result.push_back(1);
  }
  std::int64_t outer = 1, inner = 1;
  Tensor source = x;
  if (count == 0) {
    outer = x.impl()->numel;
  } else if (last - first + 1 == count) {  // the summed dims stand together: no need to move anything
    for (std::int64_t d = 0; d < first; ++d) outer *= from[d];
    for (std::int64_t d = last + 1; d < from.size(); ++d) inner *= from[d];
  } else {
    for (std::int64_t d = 0; d < from.size(); ++d) {
      if (reduced[d]) order.push_back(d);
    }
    outer = kept.numel();
    source = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
    kernels::permute(itemsize(x.impl()->dtype), x.impl()->data, from, source.impl()->data, order);
  }
  const DType dtype = is_floating(x.impl()->dtype) ? x.impl()->dtype : DType::int64;
  Tensor y = detail::make_tensor(result, dtype);
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    using U = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    kernels::sum_dim(detail::elements<T>(source), detail::elements<U>(y), outer, n, inner);
  });
  return y;
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& dims, bool keepdim) {
  const detail::Reduced reduced = detail::reduced_dims("sum", x, dims);
  return record("sum", {x}, sum_value(x, reduced.dim, keepdim),
                [from = x.impl()->shape, with_ones = reduced.with_ones](const Tensor& gy) {
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
}  // namespace xtape
