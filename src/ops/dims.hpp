// For ops along dims: dims counted from the front, shapes without some of them, and values with permuted dims. Nothing
// here is recorded.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/dispatch.hpp"
#include "kernels/rows.hpp"
#include "ops/checks.hpp"

namespace xtape::detail {

/// The dim counted from the front; IndexError outside [-rank, rank). A 0-dim tensor has the dims 0 and -1.
std::int64_t normalize_dim(std::string_view op, std::int64_t dim, std::int64_t rank);

/// `shape` without `dim`, or with 1 in its place. A 0-dim shape does not change.
Shape without_dim(const Shape& shape, std::int64_t dim, bool keepdim);

/// As in PyTorch, a 0-dim tensor counts as (1) where an index names a position along a dim.
Shape at_least_1d(const Shape& shape);

struct DimSet {
  bool has[Shape::max_dim] = {};
};
/// IndexError for a dim outside the range, ValueError for one that is given twice.
DimSet distinct_dims(std::string_view op, const Shape& dims, std::int64_t rank);

/// The dims that a sum or a mean reduces.
struct ReducedDims : DimSet {
  std::int64_t n = 1;  // elements of x per element of y
  Shape with_ones;     // x's shape with 1 in place of these extents
};
/// All dims of x where `dims` is empty. ValueError for an undefined x, and the errors of distinct_dims.
ReducedDims reduced_dims(std::string_view op, const Tensor& x, const Shape& dims);

/// The shape of what is left of x's shape `from`.
Shape reduced_shape(const Shape& from, const ReducedDims& over, bool keepdim);
/// x with the reduced dims at the end, where the elements that become one lie together, over.n in a row.
Tensor reduced_to_end(const Tensor& x, const ReducedDims& over);

/// The rows of an array of this shape along one dim.
kernels::Rows rows_along(const Shape& shape, std::int64_t dim);

/// x with its dims in the order `order`: dim i of the result is x's dim order[i]. A view where no element moves, else a
/// copy.
Tensor permuted(const Tensor& x, const Shape& order);
/// x with dim d moved to the end (x itself if it is there already), and the inverse.
Tensor dim_to_end(const Tensor& x, std::int64_t d);
Tensor dim_from_end(const Tensor& y, std::int64_t d);

/// The value of a kernel(x..., y, rows, n) on contiguous rows along dim d; the x have one shape and a floating dtype.
/// `kernel.operator()<T>()` is the function.
template <class Kernel, class... X>
Tensor map_rows(std::int64_t d, Kernel kernel, const X&... x) {
  const auto on_last = [kernel](const Tensor& u, const auto&... more) {
    Tensor y = make_tensor(u.impl()->shape, u.impl()->dtype);
    const kernels::Rows rows = rows_along(u.impl()->shape, u.impl()->shape.size() - 1);
    visit_floating(u.impl()->dtype, [&]<class T>() {
      kernel.template operator()<T>()(elements<T>(u), elements<T>(more)..., elements<T>(y), rows.outer, rows.n);
    });
    return y;
  };
  return dim_from_end(on_last(dim_to_end(x, d)...), d);
}

/// The value of a reduction of x, of a floating dtype: y[i] = f(p, over.n) for the elements p[0], ..., p[over.n - 1].
template <class F>
Tensor reduce_rows(const Tensor& x, const ReducedDims& over, bool keepdim, F f) {
  Tensor y = make_tensor(reduced_shape(x.impl()->shape, over, keepdim), x.impl()->dtype);
  const Tensor source = reduced_to_end(x, over);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* p = elements<T>(source);
    T* out = elements<T>(y);
    for (std::int64_t i = 0; i < y.impl()->numel; ++i) out[i] = static_cast<T>(f(p + i * over.n, over.n));
  });
  return y;
}

}  // namespace xtape::detail
