#include "kernels/gemm.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>

#include "core/fail.hpp"

namespace xtape::kernels {

namespace {

constexpr std::int64_t most = std::numeric_limits<int>::max();

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
int narrowed(std::int64_t extent) { return static_cast<int>(extent); }

void call(const Gemm<float>& g) {
  cblas_sgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrowed(g.m), narrowed(g.n), narrowed(g.k), g.alpha,
              g.a, narrowed(g.lda), g.b, narrowed(g.ldb), g.beta, g.c, narrowed(g.ldc));
}
void call(const Gemm<double>& g) {
  cblas_dgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrowed(g.m), narrowed(g.n), narrowed(g.k), g.alpha,
              g.a, narrowed(g.lda), g.b, narrowed(g.ldb), g.beta, g.c, narrowed(g.ldc));
}

template <class T>
void scale(const Gemm<T>& g) {
  for (std::int64_t i = 0; i < g.m; ++i) {
    T* row = g.c + i * g.ldc;
    if (g.beta == T{0}) {
      std::fill(row, row + g.n, T{0});
    } else if (g.beta != T{1}) {
      for (std::int64_t j = 0; j < g.n; ++j) row[j] *= g.beta;
    }
  }
}

template <class T>
void run(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return scale(g);
  if (std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) > most) {
    fail<ShapeError>("gemm", "({}, {}) x ({}, {}) has an extent beyond {}, the most that BLAS counts", g.m, g.k, g.k, g.n,
                     most);
  }
  call(g);
}

}  // namespace

void gemm(const Gemm<float>& g) { run(g); }
void gemm(const Gemm<double>& g) { run(g); }

}  // namespace xtape::kernels
