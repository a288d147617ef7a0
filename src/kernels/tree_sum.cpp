#include "kernels/tree_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace xtape::kernels {

namespace {

constexpr std::size_t tree_chunk = 1024;  // elements whose sum is made at once, so that partial sums stay in the cache

/// The sums of elements i to i + n - 1 of `count` rows from `row` on. Of more than two rows `out` is none.
template <class T>
void sum_chunk(const TreeRows<T>& rows, std::size_t row, std::size_t count, std::size_t i, std::size_t n, T* out) {
  const T* const a = rows[row] + i;
  if (count == 1) {
    std::copy_n(a, n, out);
  } else if (count == 2) {
    const T* const b = rows[row + 1] + i;
    for (std::size_t k = 0; k < n; ++k) out[k] = a[k] + b[k];
  } else {
    const std::size_t left = std::bit_floor(count - 1);
    std::array<T, tree_chunk> right;
    sum_chunk(rows, row, left, i, n, out);
    sum_chunk(rows, row + left, count - left, i, n, right.data());
    for (std::size_t k = 0; k < n; ++k) out[k] += right[k];
  }
}

}  // namespace

template <class T>
void tree_sum(const TreeRows<T>& rows, std::size_t elements, T* out) {
  std::array<T, tree_chunk> sums;
  for (std::size_t i = 0; i < elements; i += tree_chunk) {
    const std::size_t n = std::min(tree_chunk, elements - i);
    T* const to = rows.count > 2 ? sums.data() : out + i;
    sum_chunk(rows, 0, rows.count, i, n, to);
    if (to != out + i) std::copy_n(to, n, out + i);
  }
}

template void tree_sum(const TreeRows<float>&, std::size_t, float*);
template void tree_sum(const TreeRows<double>&, std::size_t, double*);

}  // namespace xtape::kernels
