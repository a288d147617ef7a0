// Windows of an image, one channel ("plane") at a time: their maxima and means, and the gradients of both. Sums are in
// double and rounded once.
#pragma once

#include <algorithm>
#include <cstdint>

namespace xtape::kernels {

/// Windows along one dim: window o has the elements o stride - padding + t dilation for the taps t in [0, kernel), as
/// far as they lie in [0, in). Every window has such an element.
struct PoolDim {
  std::int64_t in, out, kernel, stride, padding, dilation;

  std::int64_t start(std::int64_t o) const { return o * stride - padding; }
  std::int64_t first_tap(std::int64_t o) const {
    const std::int64_t before = -start(o);
    return before > 0 ? (before + dilation - 1) / dilation : 0;
  }
  std::int64_t end_tap(std::int64_t o) const { return std::min(kernel, (in - start(o) + dilation - 1) / dilation); }
  /// Windows [first_inner, end_inner) lie in the input with all their taps.
  std::int64_t first_inner() const { return std::min(out, (padding + stride - 1) / stride); }
  std::int64_t end_inner() const {
    const std::int64_t last = in - 1 - (kernel - 1) * dilation + padding;  // where the last such window may begin
    return last < 0 ? first_inner() : std::clamp(last / stride + 1, first_inner(), out);
  }
};

struct PoolDims {
  PoolDim rows, cols;
  std::int64_t in_plane() const { return rows.in * cols.in; }
  std::int64_t out_plane() const { return rows.out * cols.out; }
  std::int64_t taps() const { return rows.kernel * cols.kernel; }
  /// Where the window (i, j) begins in its plane; the beginning may lie in the padding.
  std::int64_t start(std::int64_t i, std::int64_t j) const { return rows.start(i) * cols.in + cols.start(j); }
  /// The distance of a tap from its window's beginning.
  std::int64_t offset(std::int64_t tap) const {
    return tap / cols.kernel * rows.dilation * cols.in + tap % cols.kernel * cols.dilation;
  }
};

/// The windows (i, j) for j in [from, to): y is the maximum, and `tap`, unless null, says which one it is. The first of
/// equal elements; NaN if there is one, and then the last.
template <class T, class Tap>
void max_pool_windows(const T* x, const PoolDims& d, std::int64_t i, std::int64_t from, std::int64_t to, T* y,
                      Tap* tap) {
  const std::int64_t first_row = d.rows.first_tap(i), end_row = d.rows.end_tap(i);
  for (std::int64_t j = from; j < to; ++j) {
    const std::int64_t first = d.cols.first_tap(j), end = d.cols.end_tap(j);
    const T* window = x + d.start(i, j);
    std::int64_t at = first_row * d.cols.kernel + first;
    T largest = window[d.offset(at)];
    for (std::int64_t a = first_row; a < end_row; ++a) {
      const T* row = window + a * d.rows.dilation * d.cols.in;
      for (std::int64_t b = first; b < end; ++b) {
        const T v = row[b * d.cols.dilation];
        if (v > largest || v != v) {
          largest = v;
          at = a * d.cols.kernel + b;
        }
      }
    }
    y[i * d.cols.out + j] = largest;
    if (tap) tap[i * d.cols.out + j] = static_cast<Tap>(at);
  }
}

/// dx = 0 but for the chosen elements: they get the sum of the gy of their windows. `offsets` are those of all taps.
template <class T, class Tap>
void scatter_to_taps(const T* gy, const Tap* tap, const PoolDims& d, const std::int64_t* offsets, T* dx) {
  std::fill_n(dx, d.in_plane(), T{});
  for (std::int64_t i = 0, k = 0; i < d.rows.out; ++i) {
    for (std::int64_t j = 0; j < d.cols.out; ++j, ++k) dx[d.start(i, j) + offsets[tap[k]]] += gy[k];
  }
}

/// y = the chosen elements of x.
template <class T, class Tap>
void gather_from_taps(const T* x, const Tap* tap, const PoolDims& d, const std::int64_t* offsets, T* y) {
  for (std::int64_t i = 0, k = 0; i < d.rows.out; ++i) {
    for (std::int64_t j = 0; j < d.cols.out; ++j, ++k) y[k] = x[d.start(i, j) + offsets[tap[k]]];
  }
}

/// Windows [first, end) along one dim, none empty, in ascending order of both; `divisor` is the factor that each
/// contributes to what a sum is divided by.
struct MeanDim {
  std::int64_t in, out;
  const std::int64_t *first, *end, *divisor;
};

/// y = the sums of the windows, divided. `room` holds a row of x.
template <class T>
void window_means(const T* x, const MeanDim& rows, const MeanDim& cols, double* room, T* y) {
  for (std::int64_t i = 0; i < rows.out; ++i, y += cols.out) {
    std::fill_n(room, cols.in, 0.0);
    for (std::int64_t a = rows.first[i]; a < rows.end[i]; ++a) {
      const T* row = x + a * cols.in;
      for (std::int64_t w = 0; w < cols.in; ++w) room[w] += static_cast<double>(row[w]);
    }
    for (std::int64_t j = 0; j < cols.out; ++j) {
      double total = 0;
      for (std::int64_t w = cols.first[j]; w < cols.end[j]; ++w) total += room[w];
      y[j] = static_cast<T>(total / (static_cast<double>(rows.divisor[i]) * static_cast<double>(cols.divisor[j])));
    }
  }
}

/// The gradient of window_means: each element's share of all windows that it lies in. `room` holds rows.out rows of x
/// and one more.
template <class T>
void spread_means(const T* gy, const MeanDim& rows, const MeanDim& cols, double* room, T* dx) {
  for (std::int64_t i = 0; i < rows.out; ++i) {
    double* shares = room + i * cols.in;
    std::fill_n(shares, cols.in, 0.0);
    for (std::int64_t j = 0; j < cols.out; ++j) {
      const double divisor = static_cast<double>(rows.divisor[i]) * static_cast<double>(cols.divisor[j]);
      const double share = static_cast<double>(gy[i * cols.out + j]) / divisor;
      for (std::int64_t w = cols.first[j]; w < cols.end[j]; ++w) shares[w] += share;
    }
  }
  double* total = room + rows.out * cols.in;
  std::int64_t from = 0, to = 0;  // the windows that row a lies in
  for (std::int64_t a = 0; a < rows.in; ++a, dx += cols.in) {
    while (from < rows.out && rows.end[from] <= a) ++from;
    while (to < rows.out && rows.first[to] <= a) ++to;
    std::fill_n(total, cols.in, 0.0);
    for (std::int64_t i = from; i < to; ++i) {
      for (std::int64_t w = 0; w < cols.in; ++w) total[w] += room[i * cols.in + w];
    }
    for (std::int64_t w = 0; w < cols.in; ++w) dx[w] = static_cast<T>(total[w]);
  }
}

}  // namespace xtape::kernels
