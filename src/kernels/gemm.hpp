// C = op(A) op(B), or C += op(A) op(B), for every shape: the one place that knows how products are made. Row-major;
// op(A) is m x k, op(B) k x n, and lda, ldb, ldc are the distances between stored rows. The bits of C depend on shapes,
// values and the instruction set, never on the number of threads or on how C is divided among them.
#pragma once

#include <stdint.h>

namespace xtape::kernels {

/// Writes part of an operand in the order in which the product reads it. An operand need not lie in memory as a matrix:
/// a convolution can give the columns of its image this way. `pack` writes k rows of `width` elements each, at `to`:
///
///   to[q * width + c] = X(first + c, p + q)  for c < count,  and 0 for count <= c < width,
///
/// where X(i, p) is op(A)[i, p] or op(B)[p, i]. It may be called from several threads at once, more than once for the
/// same part, and must not throw. `width` is at most 64, 0 < count <= width.
template <class T>
struct Packer {
  using Pack = void (*)(const void* source, int64_t first, int64_t count, int64_t p, int64_t k, int64_t width, T* to);
  Pack pack = nullptr;
  const void* source = nullptr;
};

template <class T>
struct Gemm {
  bool trans_a = false, trans_b = false;
  int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  int64_t lda = 0;
  const T* b = nullptr;
  int64_t ldb = 0;
  T* c = nullptr;
  int64_t ldc = 0;
  bool accumulate = false;             // onto C; else C is never read
  Packer<T> pack_a = {}, pack_b = {};  // where there is one, it stands in for a, lda and trans_a (b, ldb and trans_b)
};

/// Rows [i, i + m) of columns [j, j + n) of C.
struct GemmPart {
  int64_t i, m, j, n;
};

/// Extents of 0 are fine: the product over no k is 0.
void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);
/// The same bits, from C in about `parts` parts, on as many threads, whether that pays or not: for tests.
void gemm(const Gemm<float>& g, int parts);
void gemm(const Gemm<double>& g, int parts);

}  // namespace xtape::kernels
