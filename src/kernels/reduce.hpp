// Sums over one dim of a (outer, n, inner) array, for any element type. Floats are summed in double, doubles in
// eight partial sums of blocks, so that the error does not grow with n as that of a running sum does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace xtape::kernels {

/// What a sum of T is accumulated in. Integers: modulo 2^64, where signed overflow would be undefined.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

/// The sum of f(x) over n contiguous elements.
template <class T, class F>
Wide<T> sum(const T* x, std::int64_t n, F f) {
  constexpr std::int64_t block = 4096;
  if (n > block) {
    const std::int64_t half = n / 2 / block * block + (n / 2 < block ? block : 0);
    return sum(x, half, f) + sum(x + half, n - half, f);
  }
  Wide<T> lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int j = 0; j < 8; ++j) lanes[j] += f(x[i + j]);
  }
  for (int j = 0; i < n; ++i, ++j) lanes[j] += f(x[i]);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// The sum of n contiguous elements.
template <class T>
Wide<T> sum(const T* x, std::int64_t n) {
  return sum(x, n, [](T element) { return static_cast<Wide<T>>(element); });
}

/// y[o][i] = sum over k of x[o][k][i].
template <class T, class U>
void sum_dim(const T* x, U* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (inner == 1) {
    for (std::int64_t o = 0; o < outer; ++o) y[o] = static_cast<U>(sum(x + o * n, n));
    return;
  }
  constexpr std::int64_t tile = 64;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t first = 0; first < inner; first += tile) {
      const std::int64_t width = std::min(tile, inner - first);
      Wide<T> sums[tile] = {};
      for (std::int64_t k = 0; k < n; ++k) {
        const T* row = x + (o * n + k) * inner + first;
        for (std::int64_t i = 0; i < width; ++i) sums[i] += static_cast<Wide<T>>(row[i]);
      }
      for (std::int64_t i = 0; i < width; ++i) y[o * inner + first + i] = static_cast<U>(sums[i]);
    }
  }
}

}  // namespace xtape::kernels
