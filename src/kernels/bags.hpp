// Sums and maxima of rows that are listed by number. The caller has checked every number.
#pragma once

#include <algorithm>
#include <cstdint>

namespace xtape::kernels {

/// y = the sum of the rows from[k] of x, each times scale[k] unless scale is null, over a linked list of k: `first` and
/// next[k] are 1 + the next k, and 0 ends the list. Rows have n elements. Accumulated in double.
template <class T>
void sum_of_list(const T* x, const std::int64_t* from, const T* scale, std::int64_t first, const std::int64_t* next,
                 std::int64_t n, T* y) {
  constexpr std::int64_t block = 16;
  for (std::int64_t begin = 0; begin < n; begin += block) {
    double sums[block] = {};
    const std::int64_t count = std::min(block, n - begin);
    const auto add = [&sums, x, from, scale, first, next, n, begin](auto length) {
      for (std::int64_t k = first; k != 0; k = next[k - 1]) {
        const T* row = x + from[k - 1] * n + begin;
        const double factor = scale ? static_cast<double>(scale[k - 1]) : 1.0;
        for (std::int64_t j = 0; j < length; ++j) sums[j] += factor * static_cast<double>(row[j]);
      }
    };
    // A length that the compiler knows makes vectors of the sums.
    count == block ? add(std::integral_constant<std::int64_t, block>{}) : add(count);
    for (std::int64_t j = 0; j < count; ++j) y[begin + j] = static_cast<T>(sums[j]);
  }
}

/// y = the maximum, element by element, of `count` rows of x, count > 0, and at = the number of the row that has it:
/// the first row's element, replaced by a later one that is greater.
template <class T>
void max_of_rows(const T* x, const std::int64_t* from, std::int64_t count, std::int64_t n, T* y, std::int64_t* at) {
  std::copy_n(x + from[0] * n, n, y);
  std::fill_n(at, n, from[0]);
  for (std::int64_t k = 1; k < count; ++k) {
    const T* row = x + from[k] * n;
    for (std::int64_t j = 0; j < n; ++j) {
      if (!(row[j] > y[j])) continue;
      y[j] = row[j];
      at[j] = from[k];
    }
  }
}

}  // namespace xtape::kernels
