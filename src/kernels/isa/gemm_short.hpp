// Products of so few steps of k that a tile would be begun and ended more than it works: elements of A stay in
// registers, and rows of C are swept from one end to the other. Each element is the same chain of multiply-adds as in a
// tile.
#pragma once

#include <stdint.h>

#include "kernels/isa/gemm_tile.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

constexpr int most_short_steps = 4;

/// How many rows of C are swept together: their elements of A fill half of the registers.
constexpr int rows_of_sweep(int steps) {
#if defined(__AVX512F__) || defined(__aarch64__)
  return 16 / (steps < 4 ? 4 : steps);
#else
  return 8 / (steps < 2 ? 2 : steps);
#endif
}

/// C (rows x n) = A B, or C += A B; rows of B are `b.step` apart, rows of C `ldc`.
template <class T, int rows, int steps>
void sweep(const StripOf<T>& a, const PanelsOf<T>& b, int64_t n, bool onto, T* c, int64_t ldc) {
  Vec<T> x[rows][steps];
#pragma GCC unroll 4
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
    for (int p = 0; p < steps; ++p) x[i][p] = Vec<T>(a.at[i * a.row + p * a.step]);
  }
  each_vector<T>(n, [&x, &b, onto, c, ldc](int64_t j, auto part) {
    Vec<T> sum[rows];
#pragma GCC unroll 4
    for (int i = 0; i < rows; ++i) sum[i] = Vec<T>(T{});
#pragma GCC unroll 8
    for (int p = 0; p < steps; ++p) {
      const Vec<T> w = part.load(b.at + p * b.step + j, T{});
#pragma GCC unroll 4
      for (int i = 0; i < rows; ++i) sum[i] = multiply_add(x[i][p], w, sum[i]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; ++i) {
      T* const to = c + i * ldc + j;
      part.store(to, onto ? part.load(to, T{}) + sum[i] : sum[i]);
    }
  });
}

/// All m rows of C.
template <class T, int steps>
inline void sweep_rows(StripOf<T> a, int64_t m, const PanelsOf<T>& b, int64_t n, bool onto, T* c, int64_t ldc) {
  constexpr int rows = rows_of_sweep(steps);
  for (; m >= rows; m -= rows, a.at += rows * a.row, c += rows * ldc) sweep<T, rows, steps>(a, b, n, onto, c, ldc);
  for (; m > 0; --m, a.at += a.row, c += ldc) sweep<T, 1, steps>(a, b, n, onto, c, ldc);
}

/// The same for k steps, 0 < k <= most_short_steps.
template <class T, int steps = most_short_steps>
inline void sweep_rows_of(int64_t k, const StripOf<T>& a, int64_t m, const PanelsOf<T>& b, int64_t n, bool onto, T* c,
                          int64_t ldc) {
  if constexpr (steps > 1) {
    if (k < steps) return sweep_rows_of<T, steps - 1>(k, a, m, b, n, onto, c, ldc);
  }
  sweep_rows<T, steps>(a, m, b, n, onto, c, ldc);
}

}  // namespace
}  // namespace xtape::kernels
