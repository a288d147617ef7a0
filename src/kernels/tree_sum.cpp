#include "kernels/tree_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace xtape::kernels {

namespace {

constexpr std::size_t chunk = 1024;  // elements whose sum is made at once, so that partial sums stay in the cache

std::size_t left_of(std::size_t rows) { return std::bit_floor(rows - 1); }

/// The sum of rows[.][first ...], `count` <= chunk elements. `out` is none of the rows, unless there are at most two.
template <class T>
void sum_chunk(std::span<const T* const> rows, std::size_t first, std::size_t count, T* out) {
  if (rows.size() == 1) {
    std::copy_n(rows[0] + first, count, out);
  } else if (rows.size() == 2) {
    const T *a = rows[0] + first, *b = rows[1] + first;
    for (std::size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
  } else {
    const std::size_t left = left_of(rows.size());
    std::array<T, chunk> other;
    sum_chunk(rows.first(left), first, count, out);
    sum_chunk(rows.subspan(left), first, count, other.data());
    for (std::size_t i = 0; i < count; ++i) out[i] += other[i];
  }
}

}  // namespace

template <class T>
void tree_sum(std::span<const T* const> rows, std::size_t count, T* out) {
  std::array<T, chunk> sums;
  for (std::size_t first = 0; first < count; first += chunk) {
    const std::size_t n = std::min(chunk, count - first);
    if (rows.size() <= 2) {
      sum_chunk(rows, first, n, out + first);
    } else {
      sum_chunk(rows, first, n, sums.data());
      std::copy_n(sums.data(), n, out + first);
    }
  }
}

template void tree_sum(std::span<const float* const>, std::size_t, float*);
template void tree_sum(std::span<const double* const>, std::size_t, double*);

double tree_sum(std::span<const double> values) {
  if (values.size() == 1) return values[0];
  const std::size_t left = left_of(values.size());
  return tree_sum(values.first(left)) + tree_sum(values.subspan(left));
}

}  // namespace xtape::kernels
