// Copying and adding slices and single elements by index. The caller has checked every index.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "xtape/shape.hpp"

namespace xtape::kernels {

/// Copies `count` blocks of `block` bytes that lie `from_step` bytes apart to places `to_step` bytes apart.
inline void copy_blocks(const void* from, std::int64_t from_step, void* to, std::int64_t to_step, std::int64_t block,
                        std::int64_t count) {
  const auto* src = static_cast<const unsigned char*>(from);
  auto* dst = static_cast<unsigned char*>(to);
  if (block == 0) return;
  for (std::int64_t i = 0; i < count; ++i, src += from_step, dst += to_step) {
    std::memcpy(dst, src, static_cast<std::size_t>(block));
  }
}

/// y[o][j] = x[o][index[j]] for slices of `slice` bytes; x is (outer, n, slice), y (outer, count, slice).
inline void select_slices(const void* x, void* y, const std::int64_t* index, std::int64_t outer, std::int64_t n,
                          std::int64_t count, std::int64_t slice) {
  const auto* src = static_cast<const unsigned char*>(x);
  auto* dst = static_cast<unsigned char*>(y);
  if (slice == 0) return;
  for (std::int64_t o = 0; o < outer; ++o, src += n * slice) {
    for (std::int64_t j = 0; j < count; ++j, dst += slice) {
      std::memcpy(dst, src + index[j] * slice, static_cast<std::size_t>(slice));
    }
  }
}

/// y[o][index[j]] = x[o][j] for slices of `slice` bytes, in the order of j; x is (outer, count, slice), y (outer, n,
/// slice).
inline void put_slices(const void* x, void* y, const std::int64_t* index, std::int64_t outer, std::int64_t n,
                       std::int64_t count, std::int64_t slice) {
  const auto* src = static_cast<const unsigned char*>(x);
  auto* dst = static_cast<unsigned char*>(y);
  if (slice == 0) return;
  for (std::int64_t o = 0; o < outer; ++o, dst += n * slice) {
    for (std::int64_t j = 0; j < count; ++j, src += slice) {
      std::memcpy(dst + index[j] * slice, src, static_cast<std::size_t>(slice));
    }
  }
}

/// y[index[j]] += x[j] for slices of `slice` elements.
template <class T>
void add_slices(const T* x, T* y, const std::int64_t* index, std::int64_t count, std::int64_t slice) {
  for (std::int64_t j = 0; j < count; ++j, x += slice) {
    T* row = y + index[j] * slice;
    for (std::int64_t i = 0; i < slice; ++i) row[i] += x[i];
  }
}

/// f(j, at) for each element j of `index` (of shape `s`): `at` is the element of an array of shape `x` with the same
/// subscript, except that it is index[j] in `dim`. Both have the same rank, at least 1; in the other dims, s is
/// no larger than x.
template <class F>
void for_each_gathered(const std::int64_t* index, const Shape& s, const Shape& x, std::int64_t dim, F f) {
  const std::int64_t total = s.numel(), rank = s.size();
  if (total == 0) return;
  Shape stride = x;
  std::int64_t step = 1;
  for (std::int64_t d = rank - 1; d >= 0; --d) step *= std::exchange(stride[d], step);
  const std::int64_t row = s[rank - 1], along = stride[dim];
  std::int64_t position[Shape::max_dim] = {};
  for (std::int64_t first = 0; first < total; first += row) {
    std::int64_t base = 0;
    for (std::int64_t d = 0; d < rank - 1; ++d) base += d == dim ? 0 : position[d] * stride[d];
    const std::int64_t* at = index + first;
    if (dim == rank - 1) {  // whose stride is 1
      for (std::int64_t i = 0; i < row; ++i) f(first + i, base + at[i]);
    } else {
      for (std::int64_t i = 0; i < row; ++i) f(first + i, base + i + at[i] * along);
    }
    for (std::int64_t d = rank - 2; d >= 0 && ++position[d] == s[d]; --d) position[d] = 0;
  }
}

}  // namespace xtape::kernels
