// The hot kernels. Each is compiled once for every instruction set from the bodies in isa/, and called through one of
// their tables, which is chosen at first use: the best that the CPU has, or the one that the environment variable
// XTAPE_ISA names (baseline, avx2 or avx512). Kernels allocate nothing, throw nothing, and may be given a part of an
// array: (pointer, count), or (first, count) of a draw. Results overlap no inputs, except where the contract allows it.
// All instruction sets give the same bits, except for the last bits of softmax and related kernels, sums and products.
#pragma once

#include <cstdint>

#include "core/random.hpp"
#include "kernels/gemm.hpp"
#include "kernels/optim.hpp"

namespace xtape::kernels {

/// dx = ((gy - mean_gy) - (x - mean) slope) scale.
struct CentredGradient {
  double mean, mean_gy, slope, scale;
};

template <class T>
struct FloatKernels {
  // One step of an optimizer over n elements; every operation is rounded to T and none is fused, so that all
  // instruction sets give the same bits. p may equal g. `buffer` is null without momentum, `v_max` without amsgrad,
  // `m` of rmsprop unless centered.
  void (*sgd)(T* p, const T* g, T* buffer, std::int64_t n, const SgdStep<T>& step);
  void (*adam)(T* p, const T* g, T* m, T* v, T* v_max, std::int64_t n, const AdamStep<T>& step);
  void (*rmsprop)(T* p, const T* g, T* v, T* m, T* buffer, std::int64_t n, const RmspropStep<T>& step);
  void (*adagrad)(T* p, const T* g, T* sum, std::int64_t n, const AdagradStep<T>& step);

  // Over `rows` contiguous rows of n elements.
  void (*softmax)(const T* x, T* y, std::int64_t rows, std::int64_t n);
  void (*log_softmax)(const T* x, T* y, std::int64_t rows, std::int64_t n);
  /// One y for each row: -inf for an empty row or one of -inf alone, +inf for one with +inf, NaN for one with NaN.
  void (*logsumexp)(const T* x, T* y, std::int64_t rows, std::int64_t n);
  /// dx from y = softmax(x), and from y = log_softmax(x).
  void (*softmax_gradient)(const T* y, const T* gy, T* dx, std::int64_t rows, std::int64_t n);
  void (*log_softmax_gradient)(const T* y, const T* gy, T* dx, std::int64_t rows, std::int64_t n);
  /// For each row its maximum m and log(sum exp(x - m)): log_softmax is (x - m) - log_total.
  void (*row_logs)(const T* x, std::int64_t rows, std::int64_t n, T* m, T* log_total);
  /// y = scale softmax(x), from what row_logs gave; one scale for each row.
  void (*scaled_softmax)(const T* x, const T* m, const T* log_total, const T* scale, T* y, std::int64_t rows,
                         std::int64_t n);

  /// y = 0 where x < 0, else x; dx = 0 where y <= 0, else gy: NaN passes through.
  void (*relu)(const T* x, T* y, std::int64_t n);
  void (*relu_gradient)(const T* y, const T* gy, T* dx, std::int64_t n);

  /// Accumulated in double.
  double (*sum)(const T* x, std::int64_t n);
  /// y[j] = sum of x[k][j] over the rows k of a (rows, n) matrix, accumulated in double.
  void (*column_sums)(const T* x, std::int64_t rows, std::int64_t n, T* y);

  // Normalization, with sums and other arithmetic in double.
  /// Adds the sums of x - shift and of its squares to sums[0] and sums[1].
  void (*shifted_sums)(const T* x, std::int64_t n, double shift, double* sums);
  /// y = (x - mean) scale + shift.
  void (*affine)(const T* x, std::int64_t n, double mean, double scale, double shift, T* y);
  /// Adds the sums of gy and of gy (x - mean) to sums[0] and sums[1].
  void (*centred_products)(const T* x, const T* gy, std::int64_t n, double mean, double* sums);
  void (*centred_gradient)(const T* x, const T* gy, std::int64_t n, const CentredGradient& c, T* dx);

  /// y[p] = sum of the rows k of x with place[k] = p, accumulated in double, and with compensation if T is double; a
  /// row has n elements. `room` holds places n doubles, twice as many if T is double. If there are more places than
  /// rows, a place without a row is not written.
  void (*scatter_sums)(const T* x, const std::int64_t* place, std::int64_t rows, std::int64_t n, std::int64_t places,
                       T* y, double* room);
  /// The same, accumulated in double, from linked lists of the rows of each place: first[p] is 1 + the first row,
  /// next[k] is 1 + the row after row k, and 0 ends a list. A place without a row is not written.
  void (*list_sums)(const T* x, const std::int64_t* place, const std::int64_t* first, const std::int64_t* next,
                    std::int64_t rows, std::int64_t n, T* y);

  /// y[i] = x[i] scale where mask[i] is 1; exactly 0 where it is 0, whatever x[i] is.
  void (*masked_scale)(const T* x, const std::uint8_t* mask, T scale, T* y, std::int64_t n);
  /// keep_mask and masked_scale in one pass over memory. `first` is a multiple of masks_per_block.
  void (*dropout)(const RandomStream& s, std::int64_t first, std::int64_t n, double keep, T scale, const T* x,
                  std::uint8_t* mask, T* y);

  /// A part of a product, on this thread; k > 0. `room` holds gemm_room elements and begins a line of the cache. An
  /// element of C has the same bits whichever part holds it.
  void (*gemm)(const Gemm<T>& g, const GemmPart& part, T* room);
  std::int64_t gemm_room;
  /// Multiply-adds that a core can make in a nanosecond: a vector of them in each cycle, at 3 GHz.
  double gemm_rate;

  // Row p of a matrix of windows begins at source + offset[p]; see kernels/convolution.cpp.

  /// out (m x columns, rows `ld` apart) = weight windows, or onto it. The weight lies in strips, each k x its height,
  /// which window_rows gives. Columns are rounded up to a multiple of window_columns: as many are read and written.
  void (*multiply_windows)(const T* weight, std::int64_t m, const T* source, const std::int64_t* offset, std::int64_t k,
                           std::int64_t columns, bool onto, T* out, std::int64_t ld);
  /// The height of the next strip of `left` rows.
  std::int64_t (*window_rows)(std::int64_t left);
  /// to = from + bias[i], for `rows` rows i of `count` elements, and nothing beyond them; no bias if it is null.
  void (*put_rows)(const T* from, std::int64_t ld_from, std::int64_t rows, std::int64_t count, const T* bias, T* to,
                   std::int64_t ld_to);
  /// to[j] = from[2 j] for `rows` rows of `count` elements; nothing beyond them is read or written.
  void (*put_every_second)(const T* from, std::int64_t ld_from, std::int64_t rows, std::int64_t count, T* to,
                           std::int64_t ld_to);
  /// sums (m x n) += g windows^T over k elements.
  void (*dot_windows)(const T* g, std::int64_t ld, std::int64_t m, const T* source, const std::int64_t* offset,
                      std::int64_t n, std::int64_t k, T* sums, std::int64_t ld_sums);
};

/// The number of columns in a tile of multiply_windows divides this.
inline constexpr std::int64_t window_columns = 32;

/// How many elements of a mask come from one block of random words.
inline constexpr std::int64_t masks_per_block = 4;
/// The number of blocks that an instruction set computes at a time divides this.
inline constexpr int philox_multiple = 32;

/// n rounded up to a multiple of `step`.
[[maybe_unused]] static constexpr std::int64_t round_up(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step * step;
}

/// How many rows of n elements to process at a time in two or more passes: they should stay in the L1 cache in between.
inline constexpr std::int64_t most_rows = 64;
[[maybe_unused]] static constexpr std::int64_t rows_at_a_time(std::int64_t n) {
  const std::int64_t fit = 4096 / (n + 1);
  return fit < 1 ? 1 : fit > most_rows ? most_rows : fit;
}

/// Windows of an image, all of whose taps lie in it, on a grid of rows and columns.
struct MaxPoolRows {
  std::int64_t rows, cols;          // windows; at least 4 columns
  std::int64_t tap_rows, tap_cols;  // elements of a window: at most 256
  std::int64_t row_step, col_step;  // from an element of a window to the next
  std::int64_t row_stride, stride;  // from a window to the next; `stride` is 1 or 2
  std::int64_t y_stride;            // from a row of y, and of the taps, to the next
};

/// Tiles beside one another in Winograd's filtering: where their elements begin, and where their results go, of which
/// there are one or two rows of `columns`.
struct TileRun {
  std::int64_t from, to, rows, columns;
};

struct Isa {
  const char* name;
  FloatKernels<float> float32;
  FloatKernels<double> float64;

  /// y[i] = x[i] / 255, rounded once: 0 to 1.
  void (*unit_from_bytes)(const std::uint8_t* x, float* y, std::int64_t n);

  /// y = the maximum of each window and, unless `tap` is null, which of its elements that is, by rows: the first of
  /// equal ones; NaN if there is one, and then the last.
  void (*max_pool)(const float* x, const MaxPoolRows& r, float* y, std::uint8_t* tap);
  /// dx (2 rows, width) = gy (rows, cols) at the taps of windows of 2 x 2 that do not overlap, else 0; cols >= 4.
  void (*max_pool_2x2_gradient)(const float* gy, const std::uint8_t* tap, std::int64_t rows, std::int64_t cols,
                                std::int64_t width, float* dx);

  // Of Winograd's filtering of 2 x 2 results with 3 x 3 taps; see kernels/winograd.cpp.

  /// How many tiles the widest vector holds: 4, 8 or 16.
  std::int64_t winograd_lanes;
  /// The transforms of `count` runs of n / 2 tiles each, n at most winograd_lanes: element (t, u) of tile j of a
  /// run is x[from + t line + 2 j + u]; of tile q of all of them it goes to to[(4 t + u) next + q]. As many more as
  /// a vector holds are read and written.
  void (*winograd_tiles)(std::int64_t n, const float* x, std::int64_t line, const TileRun* runs, std::int64_t count,
                         float* to, std::int64_t next);
  /// The results at y, in rows `ld` apart, from the products m[(4 t + u) next + q]. Whether all are finite.
  bool (*winograd_results)(std::int64_t n, const float* m, std::int64_t next, float bias, const TileRun* runs,
                           std::int64_t count, float* y, std::int64_t ld);

  /// The words of blocks first, first + 1, ... of the stream, four each; `count` is a multiple of philox_multiple.
  void (*philox)(const RandomStream& s, std::uint64_t first, std::int64_t count, std::uint32_t* words);
  /// Elements first to first + n - 1 of a draw: 1 with probability `keep` (to within 2^-33), else 0; a word is compared
  /// with keep 2^32, in integers. `first` is a multiple of masks_per_block.
  void (*keep_mask)(const RandomStream& s, std::int64_t first, std::int64_t n, double keep, std::uint8_t* mask);
};

/// The table in use, chosen once by XTAPE_ISA. Throws as choose_isa does.
const Isa& isa();
template <class T>
const FloatKernels<T>& isa_of();

inline constexpr const char* isa_names[] = {"baseline", "avx2", "avx512"};
/// The table of that name; null when there is none or the CPU cannot run it.
const Isa* find_isa(const char* name);
/// The table of that name, or the best for this CPU where the name is null or empty. ValueError when there is none.
const Isa& choose_isa(const char* name);

}  // namespace xtape::kernels
