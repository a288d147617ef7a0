// y = x in order along a dim, or its k first        dx[i] = gy[j] where y[j] is x[i], else 0
// sort, argsort, topk. Equal elements keep their order; NaN is the largest. Keeps the positions.
#include "kernels/sort.hpp"

#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

ValuesAndIndices sorted(OpName op, const Tensor& x, std::int64_t d, std::int64_t k, bool descending) {
  const Shape& from = x.impl()->shape;
  Shape to = from;
  if (!to.empty()) to[d] = k;
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  const Tensor positions = detail::make_tensor(to, DType::int64);
  const kernels::Rows rows = detail::rows_along(from, d);
  std::vector<kernels::Keyed> room(static_cast<std::size_t>(rows.n));
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    kernels::sort_rows(detail::elements<T>(x), detail::elements<T>(y), detail::elements<std::int64_t>(positions), rows,
                       k, descending, room.data());
  });
  y = record(op, {x}, std::move(y), [at = save(positions), d, from](const Tensor& gy) {
    return Gradients(detail::scatter_add(gy, d, *at, from));
  });
  return {std::move(y), positions};
}

}  // namespace

ValuesAndIndices sort(const Tensor& x, std::int64_t dim, bool descending, bool) {
  detail::check_defined("sort", x);
  const std::int64_t d = detail::normalize_dim("sort", dim, x.impl()->shape.size());
  return sorted("sort", x, d, detail::rows_along(x.impl()->shape, d).n, descending);
}

Tensor argsort(const Tensor& x, std::int64_t dim, bool descending, bool) {
  detail::check_defined("argsort", x);
  const std::int64_t d = detail::normalize_dim("argsort", dim, x.impl()->shape.size());
  const NoGradGuard no_grad;
  return sorted("sort", x, d, detail::rows_along(x.impl()->shape, d).n, descending).indices;
}

ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim, bool largest, bool) {
  detail::check_defined("topk", x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim("topk", dim, shape.size()), n = detail::rows_along(shape, d).n;
  if (shape.empty() && k != 1) fail<ValueError>("topk", "k is {}, a 0-dim tensor has one element", k);
  if (k < 0 || k > n) fail<ValueError>("topk", "k is {}, dim {} of {} has {} elements", k, dim, shape, n);
  return sorted("topk", x, d, k, largest);
}

ValuesAndIndices Tensor::sort(std::int64_t dim, bool descending, bool stable) const {
  return xtape::sort(*this, dim, descending, stable);
}
Tensor Tensor::argsort(std::int64_t dim, bool descending, bool stable) const {
  return xtape::argsort(*this, dim, descending, stable);
}
ValuesAndIndices Tensor::topk(std::int64_t k, std::int64_t dim, bool largest, bool sorted) const {
  return xtape::topk(*this, k, dim, largest, sorted);
}

}  // namespace xtape
