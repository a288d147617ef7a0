// C = op(A) op(B), or C += op(A) op(B): the one place behind which BLAS stands. Row-major; op(A) is m x k, op(B) k x n,
// and lda, ldb, ldc are the distances between stored rows. The bits of C depend on shapes, values, the CPU and
// XTAPE_ISA, never on the number of threads; the host's own OpenBLAS thread count is as it was when gemm returns.
#pragma once

#include <cstdint>

namespace xtape::kernels {

template <class T>
struct Gemm {
  bool trans_a = false, trans_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::int64_t lda = 0;
  const T* b = nullptr;
  std::int64_t ldb = 0;
  T* c = nullptr;
  std::int64_t ldc = 0;
  bool accumulate = false;  // onto C; else C is never read
};

/// Extents of 0 are fine: the product over no k is 0.
void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);

}  // namespace xtape::kernels
