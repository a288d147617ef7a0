// C = A B of unsigned integers, modulo 2^bits: signed ones wrap around, too, when they are passed as unsigned.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>

#include "kernels/gemm.hpp"

namespace xtape::kernels {

/// Nothing is transposed or accumulated: only gradients are, and integers have none. A row of C is the sum of B's rows,
/// so that the inner loop runs along memory.
template <std::unsigned_integral T>
void gemm(const Gemm<T>& g) {
  for (std::int64_t i = 0; i < g.m; ++i) {
    T* c = g.c + i * g.ldc;
    std::fill_n(c, g.n, T{});
    for (std::int64_t p = 0; p < g.k; ++p) {
      const T factor = g.a[i * g.lda + p];
      const T* b = g.b + p * g.ldb;
      for (std::int64_t j = 0; j < g.n; ++j) c[j] = static_cast<T>(c[j] + factor * b[j]);
    }
  }
}

}  // namespace xtape::kernels
