// Transforms of Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin, Gray: "Fast algorithms for convolutional neural
// networks", CVPR 2016): see kernels/winograd.cpp. One lane is one tile; tiles come in runs of n / 2 beside one
// another, which n elements of a row begin, and two runs fill a vector.
#pragma once

#include <stdint.h>
#include <string.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

template <int n>
using TileVec __attribute__((vector_size(4 * n))) = float;

template <int n>
inline TileVec<n> tiles_from(const float* p) {
  TileVec<n> v;
  memcpy(&v, p, sizeof v);
  return v;
}
template <class V>
inline void put_tiles(V v, float* to) {
  memcpy(to, &v, sizeof v);
}

/// Every second lane of a and b, from `first` on.
template <int first, class V, int... c>
inline V every_second_lane(V a, V b, std::integer_sequence<int, c...>) {
  return __builtin_shufflevector(a, b, (2 * c + first)...);
}
/// The lanes of a and b in turn, from `first` on.
template <int first, class V, int... c>
inline V in_turn(V a, V b, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  return __builtin_shufflevector(a, b, (first + c / 2 + (c & 1 ? n : 0))...);
}

/// B^T d B of the tiles d.
template <int n>
void transform_runs(const float* x, int64_t line, const TileRun* runs, int64_t count, float* to, int64_t next) {
  using V = TileVec<n>;
  constexpr auto all = std::make_integer_sequence<int, n>();
  for (int64_t k = 0; k < count; k += 2, to += n) {
    const float *const low = x + runs[k].from, *const high = x + runs[k + 1 < count ? k + 1 : k].from;
    V d[4][4];
#pragma GCC unroll 4
    for (int u = 0; u < 4; u += 2) {  // columns u and u + 1, as they lie
      V a[4], b[4];
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) {
        a[t] = tiles_from<n>(low + t * line + u);
        b[t] = tiles_from<n>(high + t * line + u);
      }
      const V down[4][2] = {{a[0] - a[2], b[0] - b[2]},
                            {a[1] + a[2], b[1] + b[2]},
                            {a[2] - a[1], b[2] - b[1]},
                            {a[1] - a[3], b[1] - b[3]}};
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) {
        d[t][u] = every_second_lane<0>(down[t][0], down[t][1], all);
        d[t][u + 1] = every_second_lane<1>(down[t][0], down[t][1], all);
      }
    }
    float* at = to;
#pragma GCC unroll 4
    for (int t = 0; t < 4; ++t, at += 4 * next) {
      put_tiles(d[t][0] - d[t][2], at);
      put_tiles(d[t][1] + d[t][2], at + next);
      put_tiles(d[t][2] - d[t][1], at + 2 * next);
      put_tiles(d[t][1] - d[t][3], at + 3 * next);
    }
  }
}

/// The first `count` lanes; adds 0 to `check`, or NaN if one of them is not finite.
template <int n, class V>
inline void put_finite(V v, int64_t count, float* to, V& check) {
  if (count >= n) {
    put_tiles(v, to);
  } else if constexpr (n == lanes<float>) {
    const First<float> part{count};
    part.store(to, Vec<float>(v));
    v = part.load(to, 0.0f).data;
  } else {
    for (int64_t j = 0; j < n; ++j) {
      if (j < count) {
        to[j] = v[j];
      } else {
        v[j] = 0;
      }
    }
  }
  check += v - v;
}
template <int n, class V>
inline void put_run(const TileRun& run, V upper, V lower, float* y, int64_t ld, V& check) {
  put_finite<n>(upper, run.columns, y + run.to, check);
  if (run.rows > 1) put_finite<n>(lower, run.columns, y + run.to + ld, check);
}

/// A^T m A of the products m.
template <int n>
bool results_of_runs(const float* m, int64_t next, float bias, const TileRun* runs, int64_t count, float* y,
                     int64_t ld) {
  using V = TileVec<n>;
  constexpr auto all = std::make_integer_sequence<int, n>();
  V check = {};
  for (int64_t k = 0; k < count; k += 2, m += n) {
    V s[2][4];
#pragma GCC unroll 4
    for (int u = 0; u < 4; ++u) {
      V a[4];
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) a[t] = tiles_from<n>(m + (4 * t + u) * next);
      s[0][u] = a[0] + a[1] + a[2];
      s[1][u] = a[1] - a[2] - a[3];
    }
    V even[2], odd[2];
#pragma GCC unroll 2
    for (int t = 0; t < 2; ++t) {
      even[t] = s[t][0] + s[t][1] + s[t][2] + bias;
      odd[t] = s[t][1] - s[t][2] - s[t][3] + bias;
    }
    put_run<n>(runs[k], in_turn<0>(even[0], odd[0], all), in_turn<0>(even[1], odd[1], all), y, ld, check);
    if (k + 1 == count) break;
    put_run<n>(runs[k + 1], in_turn<n / 2>(even[0], odd[0], all), in_turn<n / 2>(even[1], odd[1], all), y, ld, check);
  }
  float sum = 0;
  for (int j = 0; j < n; ++j) sum += check[j];
  return sum == 0;
}

/// As Isa has them.
void winograd_tiles(int64_t n, const float* x, int64_t line, const TileRun* runs, int64_t count, float* to,
                    int64_t next) {
  if constexpr (lanes<float> >= 16) {
    if (n == 16) return transform_runs<16>(x, line, runs, count, to, next);
  }
  if constexpr (lanes<float> >= 8) {
    if (n == 8) return transform_runs<8>(x, line, runs, count, to, next);
  }
  transform_runs<4>(x, line, runs, count, to, next);
}
bool winograd_results(int64_t n, const float* m, int64_t next, float bias, const TileRun* runs, int64_t count, float* y,
                      int64_t ld) {
  if constexpr (lanes<float> >= 16) {
    if (n == 16) return results_of_runs<16>(m, next, bias, runs, count, y, ld);
  }
  if constexpr (lanes<float> >= 8) {
    if (n == 8) return results_of_runs<8>(m, next, bias, runs, count, y, ld);
  }
  return results_of_runs<4>(m, next, bias, runs, count, y, ld);
}

}  // namespace
}  // namespace xtape::kernels
