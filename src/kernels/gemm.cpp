#include "kernels/gemm.hpp"

#include <cblas.h>
#include <pthread.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "core/fail.hpp"
#include "core/parallel.hpp"

// OpenBLAS has them, another CBLAS may not.
extern "C" {
void openblas_set_num_threads(int n) __attribute__((weak));
int openblas_get_num_threads() __attribute__((weak));
}

namespace xtape::kernels {

namespace {

/// Holds OpenBLAS at one thread while any gemm runs in this process: its own threads change the bits and fight ours.
/// The first one in notes the host's number, the last one out gives it back.
class OneBlasThread {
 public:
  OneBlasThread() {
    if (!openblas_set_num_threads || !openblas_get_num_threads) return;
    static std::once_flag registered;
    std::call_once(registered, [] {
      pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); },
                     [] {
                       inside = 0;  // the threads that were are not in the child
                       mutex.unlock();
                     });
    });
    std::lock_guard lock(mutex);
    if (inside++ > 0) return;
    host = openblas_get_num_threads();
    if (host != 1) openblas_set_num_threads(1);
  }
  ~OneBlasThread() {
    if (!openblas_set_num_threads || !openblas_get_num_threads) return;
    std::lock_guard lock(mutex);
    if (--inside > 0 || host == 1) return;
    if (openblas_get_num_threads() == 1) openblas_set_num_threads(host);  // unless the host has set another since
  }
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  static inline constinit std::mutex mutex;  // trivially destructible: fit for use at exit
  static inline int inside = 0, host = 1;
};

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

/// Rows [first, first + count) of C.
template <class T>
Gemm<T> rows(Gemm<T> g, std::int64_t first, std::int64_t count) {
  g.a += g.trans_a ? first : first * g.lda;
  g.c += first * g.ldc;
  g.m = count;
  return g;
}
/// Columns [first, first + count) of C.
template <class T>
Gemm<T> columns(Gemm<T> g, std::int64_t first, std::int64_t count) {
  g.b += g.trans_b ? first * g.ldb : first;
  g.c += first;
  g.n = count;
  return g;
}

/// How C's longer side is cut, by shape alone. Every block of columns packs all of A again (rows: B), so the shorter
/// side stays whole; a block below this work is not worth waking a thread.
struct Cut {
  bool by_rows;
  std::int64_t side, width, blocks;
};
template <class T>
Cut cut(const Gemm<T>& g) {
  constexpr std::int64_t block_work = 1 << 22, step = 16;  // multiply-adds; rows or columns of BLAS's inner loop
  const bool by_rows = g.m > g.n;
  const std::int64_t side = std::max(g.m, g.n);
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  const auto wanted = static_cast<std::int64_t>(std::min(work / block_work, 64.0));
  const std::int64_t width = (side / std::max<std::int64_t>(wanted, 1) + step) / step * step;
  return {by_rows, side, width, wanted < 2 ? 1 : (side + width - 1) / width};
}

template <class T>
void run(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return scale(g);
  if (std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) > most) {
    fail<ShapeError>("gemm", "({}, {}) x ({}, {}) has an extent beyond {}, the most that BLAS counts", g.m, g.k, g.k, g.n,
                     most);
  }
  const OneBlasThread one;
  const Cut c = cut(g);
  if (c.blocks == 1) return call(g);
  parallel_for(c.blocks, [&g, c](std::int64_t i) {
    const std::int64_t first = i * c.width, count = std::min(c.width, c.side - first);
    call(c.by_rows ? rows(g, first, count) : columns(g, first, count));
  });
}

}  // namespace

void gemm(const Gemm<float>& g) { run(g); }
void gemm(const Gemm<double>& g) { run(g); }

}  // namespace xtape::kernels
