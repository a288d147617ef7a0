// Sums of several rows in one fixed tree: a single row is its sum; of more, the first k and the others are summed by
// themselves and their sums added, where k is the largest power of two below the number of rows.
#pragma once

#include <cstddef>

namespace xtape::kernels {

/// Rows of `stride` elements, one after another, except that row `own` is elsewhere.
template <class T>
struct TreeRows {
  const T* first;
  std::size_t count, stride;
  const T* own_row;
  std::size_t own;
  const T* operator[](std::size_t row) const noexcept { return row == own ? own_row : first + row * stride; }
};

/// out[i] = the sum of element i of at least one row; `out` may be the own row.
template <class T>
void tree_sum(const TreeRows<T>& rows, std::size_t elements, T* out);

}  // namespace xtape::kernels
