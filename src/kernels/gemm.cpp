#include "kernels/gemm.hpp"

#include <cblas.h>
#include <pthread.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <string_view>
#include <type_traits>

#include "core/fail.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "kernels/isa.hpp"

// OpenBLAS has them, another CBLAS may not.
extern "C" {
void openblas_set_num_threads(int n) __attribute__((weak));
int openblas_get_num_threads() __attribute__((weak));
char* openblas_get_corename() __attribute__((weak));
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
  cblas_sgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrowed(g.m), narrowed(g.n), narrowed(g.k), 1, g.a,
              narrowed(g.lda), g.b, narrowed(g.ldb), g.accumulate, g.c, narrowed(g.ldc));
}
void call(const Gemm<double>& g) {
  cblas_dgemm(CblasRowMajor, flag(g.trans_a), flag(g.trans_b), narrowed(g.m), narrowed(g.n), narrowed(g.k), 1, g.a,
              narrowed(g.lda), g.b, narrowed(g.ldb), g.accumulate, g.c, narrowed(g.ldc));
}

template <class T>
void over_nothing(const Gemm<T>& g) {
  for (std::int64_t i = 0; i < g.m && !g.accumulate; ++i) std::fill_n(g.c + i * g.ldc, g.n, T{0});
}

/// Rows [i, i + m) of columns [j, j + n) of C.
template <class T>
Gemm<T> tile(Gemm<T> g, std::int64_t i, std::int64_t m, std::int64_t j, std::int64_t n) {
  g.a += g.trans_a ? i : i * g.lda;
  g.b += g.trans_b ? j * g.ldb : j;
  g.c += i * g.ldc + j;
  g.m = m;
  g.n = n;
  return g;
}

/// OpenBLAS for AVX-512 has kernels that read small matrices where they are, instead of packing them first. It takes
/// them up to these bounds (interface/gemm.c and sgemm_small_kernel_permit_skylakex.c of 0.3.21).
bool has_small_kernels() {
  static const bool has = [] {
    const std::string_view core = openblas_get_corename ? openblas_get_corename() : "";
    return core == "SkylakeX" || core == "Cooperlake" || core == "SapphireRapids";
  }();
  return has;
}
constexpr std::int64_t small_work = 1000000;                     // multiply-adds
constexpr std::int64_t small_elements = 1200, small_depth = 32;  // of C, at most, and k, at least: for A B^T

constexpr std::int64_t inner_step = 16;  // rows or columns of BLAS's inner loop

std::int64_t round_up(std::int64_t extent, std::int64_t step) { return (extent + step - 1) / step * step; }

/// How long are the strips into which a thin C is cut, so that each has a small kernel: for ten rows or columns they
/// take a third to a half of the time. 0 where nothing is gained, which was measured.
template <class T>
std::int64_t strip_length(const Gemm<T>& g) {
  const std::int64_t thin = std::min(g.m, g.n);
  const bool rows_of_both = !g.trans_a && g.trans_b;  // A B^T
  const std::int64_t thin_enough = rows_of_both && thin == g.m ? 64 : 16;
  if (sizeof(T) != 4 || thin > thin_enough || (rows_of_both && g.k < small_depth) || !has_small_kernels()) return 0;
  const std::int64_t by_work = small_work / g.k / thin;
  if (!rows_of_both && by_work < 100) return 0;
  return (rows_of_both ? std::min(by_work, small_elements / thin) : by_work) / inner_step * inner_step;
}

// In multiply-adds.
constexpr double enough_for_two = 4e7, enough_for_threads = enough_for_two / 4;

/// How C is cut for BLAS, which gives other bits for other tiles: by its shape and the CPU alone.
struct Tiles {
  std::int64_t rows, columns;  // of one tile

  std::int64_t count_rows(std::int64_t m) const { return (m + rows - 1) / rows; }
  std::int64_t count_columns(std::int64_t n) const { return (n + columns - 1) / columns; }
};

Tiles strips(std::int64_t m, std::int64_t n, std::int64_t length) {
  return m > n ? Tiles{std::min(m, length), n} : Tiles{m, std::min(n, length)};
}

/// BLAS packs A and B anew for each tile, so that two tiles cost a twentieth more than the whole where there is enough
/// for two, and there are only twice as many for four times the work.
Tiles tiles(std::int64_t m, std::int64_t n, double work) {
  Tiles t{m, n};
  for (double enough = enough_for_two; work > enough && std::max(t.rows, t.columns) > inner_step; enough *= 4) {
    std::int64_t& longer = t.rows > t.columns ? t.rows : t.columns;
    longer = round_up((longer + 1) / 2, inner_step);
  }
  return t;
}

template <class T>
void multiply_by_blas(const Gemm<T>& g, const Tiles& t, bool in_parallel) {
  const OneBlasThread one;
  const std::int64_t across = t.count_columns(g.n), count = t.count_rows(g.m) * across;
  const auto multiply = [&g, t, across](std::int64_t at) {
    const std::int64_t i = at / across * t.rows, j = at % across * t.columns;
    call(tile(g, i, std::min(t.rows, g.m - i), j, std::min(t.columns, g.n - j)));
  };
  if (in_parallel) return parallel_for(count, multiply);
  for (std::int64_t at = 0; at < count; ++at) multiply(at);
}

/// Working memory of the instruction set's own product.
class Room {
 public:
  Room() : floats_(static_cast<float*>(detail::take_block_or_throw(bytes))) {}
  ~Room() { detail::give_back(floats_, bytes); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  operator float*() const { return floats_; }

 private:
  static constexpr std::size_t bytes = sizeof(float) * gemm_room;
  float* floats_;
};

/// Whether the instruction set has a product of its own that is faster than BLAS for this one.
bool suits_isa(const Gemm<float>& g, double work) {
  return isa().gemm && work > enough_for_threads && g.m > 16 && g.n >= 64;
}

/// A part for each thread, for no bits tell how C was cut.
void multiply_by_isa(const Gemm<float>& g) {
  constexpr std::int64_t columns_of_a_panel = 32;
  const std::int64_t threads = num_threads(), longer = std::max(g.m, g.n);
  const std::int64_t part = round_up((longer + threads - 1) / threads, g.m > g.n ? 1 : columns_of_a_panel);
  parallel_for((longer + part - 1) / part, [&g, part](std::int64_t at) {
    const std::int64_t i = at * part;
    isa().gemm(g.m > g.n ? tile(g, i, std::min(part, g.m - i), 0, g.n) : tile(g, 0, g.m, i, std::min(part, g.n - i)),
               Room());
  });
}

template <class T>
void run(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return over_nothing(g);
  if (std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc}) > most) {
    fail<ShapeError>("gemm", "({}, {}) x ({}, {}) has an extent beyond {}, the most that BLAS counts", g.m, g.k, g.k,
                     g.n, most);
  }
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  const std::int64_t length = strip_length(g);
  if constexpr (std::is_same_v<T, float>) {
    if (length == 0 && suits_isa(g, work)) return multiply_by_isa(g);
  }
  multiply_by_blas(g, length > 0 ? strips(g.m, g.n, length) : tiles(g.m, g.n, work), work > enough_for_threads);
}

}  // namespace

void gemm(const Gemm<float>& g) { run(g); }
void gemm(const Gemm<double>& g) { run(g); }

}  // namespace xtape::kernels
