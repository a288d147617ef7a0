#include "ops/dims.hpp"

#include <algorithm>
#include <utility>

#include "kernels/copy.hpp"

namespace xtape::detail {

std::int64_t normalize_dim(std::string_view op, std::int64_t dim, std::int64_t rank) {
  const std::int64_t dims = std::max<std::int64_t>(rank, 1);
  if (dim < -dims || dim >= dims) fail<IndexError>(op, "dim {} is outside [-{}, {})", dim, dims, dims);
  return dim < 0 ? dim + dims : dim;
}

Shape without_dim(const Shape& shape, std::int64_t dim, bool keepdim) {
  Shape y = shape;
  if (y.empty()) return y;
  if (keepdim) {
    y[dim] = 1;
  } else {
    y.erase(dim);
  }
  return y;
}

Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

DimSet distinct_dims(std::string_view op, const Shape& dims, std::int64_t rank) {
  DimSet set;
  for (std::int64_t dim : dims) {
    const std::int64_t d = normalize_dim(op, dim, rank);
    if (std::exchange(set.has[d], true)) fail<ValueError>(op, "dim {} is given twice in {}", dim, dims);
  }
  return set;
}

ReducedDims reduced_dims(std::string_view op, const Tensor& x, const Shape& dims) {
  check_defined(op, x);
  const Shape& shape = x.impl()->shape;
  ReducedDims r{distinct_dims(op, dims, shape.size()), 1, shape};
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    r.has[d] = r.has[d] || dims.empty();
    if (r.has[d]) r.n *= std::exchange(r.with_ones[d], 1);
  }
  return r;
}

kernels::Rows rows_along(const Shape& shape, std::int64_t dim) {
  kernels::Rows r;
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    (d < dim ? r.outer : d == dim ? r.n : r.inner) *= shape[d];
  }
  return r;
}

namespace {
/// Whether the dims of more than one element keep their order.
bool moves_nothing(const Shape& shape, const Shape& order) {
  std::int64_t last = -1;
  for (std::int64_t d : order) {
    if (shape[d] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}
}  // namespace

Tensor permuted(const Tensor& x, const Shape& order) {
  Shape to;
  for (std::int64_t d : order) to.push_back(x.impl()->shape[d]);
  if (moves_nothing(x.impl()->shape, order)) return make_view(x, to);
  Tensor y = make_tensor(to, x.impl()->dtype);
  kernels::permute(itemsize(x.impl()->dtype), x.impl()->data, x.impl()->shape, y.impl()->data, order);
  return y;
}

Shape reduced_shape(const Shape& from, const ReducedDims& over, bool keepdim) {
  if (keepdim) return over.with_ones;
  Shape y;
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (!over.has[d]) y.push_back(from[d]);
  }
  return y;
}

Tensor reduced_to_end(const Tensor& x, const ReducedDims& over) {
  Shape order, reduced;
  for (std::int64_t d = 0; d < x.impl()->shape.size(); ++d) (over.has[d] ? reduced : order).push_back(d);
  for (std::int64_t d : reduced) order.push_back(d);
  return permuted(x, order);
}

namespace {
/// x with dim `from` moved to place `to`.
Tensor move_dim(const Tensor& x, std::int64_t from, std::int64_t to) {
  if (from == to || x.impl()->shape.empty()) return x;
  Shape order;
  for (std::int64_t d = 0; d < x.impl()->shape.size(); ++d) order.push_back(d);
  order.erase(from);
  order.insert(to, from);
  return permuted(x, order);
}
}  // namespace

Tensor dim_to_end(const Tensor& x, std::int64_t d) { return move_dim(x, d, x.impl()->shape.size() - 1); }
Tensor dim_from_end(const Tensor& y, std::int64_t d) { return move_dim(y, y.impl()->shape.size() - 1, d); }

}  // namespace xtape::detail
