// Running sums along the rows of an array. (xtensor's add up in the type of the elements, where PyTorch's use double
// for float32, and signed integers must not overflow.)
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/reduce.hpp"
#include "kernels/rows.hpp"

namespace xtape::kernels {

/// y[k] = x[0] + ... + x[k] in each row, or x[k] + ... + x[n - 1] in reverse.
template <class T, class U>
void cumsum(const T* x, U* y, const Rows& rows, bool reverse) {
  constexpr std::int64_t most = 16;  // neighbouring rows at a time, which lie side by side in memory
  for (std::int64_t o = 0; o < rows.outer; ++o) {
    for (std::int64_t first = 0; first < rows.inner; first += most) {
      const std::int64_t count = std::min(most, rows.inner - first);
      Wide<T> totals[most] = {};
      for (std::int64_t k = 0; k < rows.n; ++k) {
        const std::int64_t at = (o * rows.n + (reverse ? rows.n - 1 - k : k)) * rows.inner + first;
        for (std::int64_t i = 0; i < count; ++i) {
          totals[i] += static_cast<Wide<T>>(x[at + i]);
          y[at + i] = static_cast<U>(totals[i]);
        }
      }
    }
  }
}

}  // namespace xtape::kernels
