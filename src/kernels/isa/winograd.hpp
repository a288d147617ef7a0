// Transforms of Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin, Gray: "Fast algorithms for convolutional neural
// networks", CVPR 2016): see kernels/winograd.cpp. One lane is one tile.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

/// As Isa has it. With d the 4 x 4 elements of a tile, B^T d B.
void winograd_tiles(const float* x, const int64_t* offset, int64_t count, float* to, int64_t next) {
  for (int64_t q = 0; q < count; q += lanes<float>, x += lanes<float>, to += lanes<float>) {
    Vec<float> d[4][4];
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u) {
      Vec<float> a[4];
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) a[t] = Vec<float>::load_unaligned(x + offset[4 * t + u]);
      d[0][u] = a[0] - a[2];
      d[1][u] = a[1] + a[2];
      d[2][u] = a[2] - a[1];
      d[3][u] = a[1] - a[3];
    }
    float* at = to;
#pragma GCC unroll 4
    for (int t = 0; t < 4; ++t, at += 4 * next) {
      (d[t][0] - d[t][2]).store_unaligned(at);
      (d[t][1] + d[t][2]).store_unaligned(at + next);
      (d[t][2] - d[t][1]).store_unaligned(at + 2 * next);
      (d[t][1] - d[t][3]).store_unaligned(at + 3 * next);
    }
  }
}

/// The lanes of a and b in turn, first the lower half of each.
template <int first, class V, int... c>
inline V in_turn(V a, V b, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  return __builtin_shufflevector(a, b, (first + c / 2 + (c & 1 ? n : 0))...);
}

/// The first `count` lanes, if there are any; adds 0 to `check`, or NaN if one of them is not finite.
inline void put_finite(Vec<float> v, int64_t count, float* to, Vec<float>& check) {
  if (count <= 0) return;
  check += v - v;
  if (count >= lanes<float>) return v.store_unaligned(to);
  First<float>{count}.store(to, v);
}

/// As Isa has it. With m the 16 products of a tile, A^T m A.
bool winograd_results(const float* m, int64_t next, float bias, int64_t rows, int64_t columns, float* y, int64_t ld) {
  constexpr auto all = std::make_integer_sequence<int, lanes<float>>();
  const Vec<float> b(bias);
  Vec<float> check(0.0f);
  for (int64_t left = columns; left > 0; left -= 2 * lanes<float>, m += lanes<float>, y += 2 * lanes<float>) {
    Vec<float> s[2][4];
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u) {
      Vec<float> a[4];
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) a[t] = Vec<float>::load_unaligned(m + (4 * t + u) * next);
      s[0][u] = a[0] + a[1] + a[2];
      s[1][u] = a[1] - a[2] - a[3];
    }
#pragma GCC unroll 2
    for (int t = 0; t < 2; ++t) {
      if (t >= rows) break;
      const Vec<float> even = s[t][0] + s[t][1] + s[t][2] + b, odd = s[t][1] - s[t][2] - s[t][3] + b;
      put_finite(in_turn<0>(even.data, odd.data, all), left, y + t * ld, check);
      put_finite(in_turn<lanes<float> / 2>(even.data, odd.data, all), left - lanes<float>, y + t * ld + lanes<float>,
                 check);
    }
  }
  const float sum = fold(check.data, [](auto u, auto v) { return u + v; });
  return sum == 0;
}

}  // namespace
}  // namespace xtape::kernels
