// Sums over one dim of a (outer, n, inner) array, for any element type: floating numbers by isa/reduce.hpp, integers
// here; and sums of a function of the elements. Floats are summed in double; contiguous elements in partial sums of
// blocks, so that the error does not grow with n as that of a running sum does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/isa.hpp"

namespace xtape::kernels {

/// What a sum of T is accumulated in. Integers: modulo 2^64, where signed overflow would be undefined.
template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

/// The sum of f(x) over n contiguous elements.
template <class T, class F>
Wide<T> sum(const T* x, std::int64_t n, F f) {
  constexpr std::int64_t block = 4096;
  if (n > block) {
    const std::int64_t half = (n / 2 + block - 1) / block * block;
    return sum(x, half, f) + sum(x + half, n - half, f);
  }
  Wide<T> lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) lanes[j] += f(x[i + j]);
  }
  for (int j = 0; i < n; ++i, ++j) lanes[j] += f(x[i]);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// The sum of n contiguous elements.
template <class T>
Wide<T> sum(const T* x, std::int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    return isa_of<T>().sum(x, n);
  } else {
    return sum(x, n, [](T element) { return static_cast<Wide<T>>(element); });
  }
}

/// y[o][i] = sum over k of x[o][k][i].
template <class T, class U>
void sum_dim(const T* x, U* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (inner == 1) {
    for (std::int64_t o = 0; o < outer; ++o) y[o] = static_cast<U>(sum(x + o * n, n));
    return;
  }
  for (std::int64_t o = 0; o < outer; ++o, x += n * inner, y += inner) {
    if constexpr (std::is_floating_point_v<T>) {
      isa_of<T>().column_sums(x, n, inner, y);
    } else {
      std::fill_n(y, inner, U{});
      for (std::int64_t k = 0; k < n; ++k) {
        for (std::int64_t i = 0; i < inner; ++i) y[i] = static_cast<U>(Wide<T>(y[i]) + Wide<T>(x[k * inner + i]));
      }
    }
  }
}

}  // namespace xtape::kernels
