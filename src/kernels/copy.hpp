// Broadcasting, permuting and reversing elements of any dtype: xtensor does the general case, compiled once for each
// element width.
#pragma once

#include <cstdint>

#include "xtape/shape.hpp"

namespace xtape::kernels {

/// dst (shape `to`) = src (shape `from`) broadcast. `width` is the size of an element in bytes: 1, 4 or 8.
void expand(std::int64_t width, const void* src, const Shape& from, void* dst, const Shape& to);

/// dst = src with its dims in the order `dims`: dst's dim i is src's dim dims[i].
void permute(std::int64_t width, const void* src, const Shape& from, void* dst, const Shape& dims);

/// dst = src, with the order of the elements reversed in the dims that `reversed` marks.
void flip(std::int64_t width, const void* src, const Shape& shape, void* dst, const bool* reversed);

}  // namespace xtape::kernels
