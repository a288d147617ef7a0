// Shared by the ops that take a mask or an index: their checks, and the positions that it selects.
#pragma once

#include <cstdint>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "kernels/index.hpp"
#include "ops/dims.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {

/// DTypeError unless bool_. `what` is what the op calls it.
void check_mask(std::string_view op, const Tensor& mask, const char* what = "mask");

/// DTypeError unless source has the dtype of x.
void check_source_dtype(std::string_view op, const Tensor& x, const Tensor& source);

/// The row-major positions of the true elements of a mask, int64.
Tensor true_positions(const Tensor& mask);

/// For elements that are written to these places (int64, each in [0, n)) one after another: whether an element is the
/// last with its place. Undefined where no two have the same.
Tensor last_writes(const Tensor& places, std::int64_t n);

/// Places along a dim.
struct Places {
  std::int64_t dim;  // counted from the front
  Tensor at;         // int64, each inside the dim
};

/// For index_copy and index_add, where slice j of `source` goes to place at[j] of x. DTypeError unless the index has an
/// integer dtype and source the dtype of x; ShapeError unless the index is 1-D or 0-dim and source has the shape of x,
/// except for as many slices in `dim` as the index has elements; IndexError for a place outside. A 0-dim x or source
/// counts as (1).
Places checked_slices(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index,
                      const Tensor& source);

/// For gather and scatter, where the index names a place for each of its elements. DTypeError unless it has an integer
/// dtype, ShapeError unless it has the rank of x and is, except in `dim`, no larger; IndexError for a place outside.
/// 0-dim tensors count as (1).
Places checked_elements(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index);

/// f(j, position) for each element j of the index: the position in a tensor of this shape that it names, as for gather
/// and scatter.
template <class F>
void for_each_place(const Places& places, const Shape& shape, F f) {
  kernels::for_each_gathered(elements<std::int64_t>(places.at), at_least_1d(places.at.impl()->shape),
                             at_least_1d(shape), places.dim, f);
}

}  // namespace xtape::detail
