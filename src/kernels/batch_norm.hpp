// Batch norm of the channels [first, end) of an array (outer, count, inner): sums and arithmetic in double, each result
// rounded once. Channel by channel, so that what one pass reads is in the cache for the next; columns of a matrix
// (inner = 1) row by row.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/isa.hpp"
#include "kernels/normalize.hpp"

namespace xtape::kernels {

/// What is subtracted before summing: an element of the channel bounds the loss of digits by the number of elements.
template <class T>
double shift_of(T x) {
  const double shift = static_cast<double>(x);
  return std::isfinite(shift) ? shift : 0;
}

/// f(i) for the first index i of each of a channel's runs of `inner` elements.
template <class F>
void each_run(const Groups& g, std::int64_t c, F f) {
  for (std::int64_t o = 0; o < g.outer; ++o) f((o * g.count + c) * g.inner);
}

/// Mean and biased variance, both 0 of no elements.
template <class T>
void channel_moments(const T* x, const Groups& g, std::int64_t first, std::int64_t end, double* mean,
                     double* variance) {
  if (g.group_size() == 0) {
    std::fill(mean + first, mean + end, 0.0);
    std::fill(variance + first, variance + end, 0.0);
    return;
  }
  const double n = static_cast<double>(g.group_size());
  const auto finish = [n, mean, variance](std::int64_t c, double shift, double sum, double squares) {
    const double m = sum / n, v = squares / n - m * m;
    mean[c] = shift + m;
    variance[c] = v < 0 ? 0 : v;
  };
  // In float64, the squares are those of the distances from the mean, in a second pass.
  for (int pass = 0; pass < (sizeof(T) == 4 ? 1 : 2); ++pass) {
    const auto shift = [x, &g, mean, pass](std::int64_t c) { return pass == 0 ? shift_of(x[c * g.inner]) : mean[c]; };
    if (g.inner > 1) {
      for (std::int64_t c = first; c < end; ++c) {
        const double s = shift(c);
        double sums[2] = {0, 0};
        each_run(g, c, [&](std::int64_t i) { isa_of<T>().shifted_sums(x + i, g.inner, s, sums); });
        finish(c, s, sums[0], sums[1]);
      }
      continue;
    }
    constexpr std::int64_t step = 64;
    for (std::int64_t from = first; from < end; from += step) {
      double s[step], sum[step] = {}, squares[step] = {};
      const std::int64_t count = std::min(step, end - from);
      for (std::int64_t j = 0; j < count; ++j) s[j] = shift(from + j);
      for (std::int64_t o = 0; o < g.outer; ++o) {
        const T* row = x + o * g.count + from;
        for (std::int64_t j = 0; j < count; ++j) {
          const double d = static_cast<double>(row[j]) - s[j];
          sum[j] += d;
          squares[j] += d * d;
        }
      }
      for (std::int64_t j = 0; j < count; ++j) finish(from + j, s[j], sum[j], squares[j]);
    }
  }
}

/// y = (x - mean) scale + shift.
template <class T>
void channel_affine(const T* x, const Groups& g, std::int64_t first, std::int64_t end, const double* mean,
                    const double* scale, const double* shift, T* y) {
  if (g.inner > 1) {
    for (std::int64_t c = first; c < end; ++c) {
      each_run(g, c, [=](std::int64_t i) { isa_of<T>().affine(x + i, g.inner, mean[c], scale[c], shift[c], y + i); });
    }
    return;
  }
  for (std::int64_t o = 0; o < g.outer; ++o) {
    const T* from = x + o * g.count;
    T* to = y + o * g.count;
    for (std::int64_t c = first; c < end; ++c) {
      to[c] = static_cast<T>((static_cast<double>(from[c]) - mean[c]) * scale[c] + shift[c]);
    }
  }
}

/// The sums of gy and of gy (x - mean).
template <class T>
void channel_products(const T* x, const T* gy, const Groups& g, std::int64_t first, std::int64_t end,
                      const double* mean, double* sum_gy, double* products) {
  for (std::int64_t c = first; c < end; ++c) {
    double sums[2] = {0, 0};
    if (g.inner > 1) {
      each_run(g, c, [&](std::int64_t i) { isa_of<T>().centred_products(x + i, gy + i, g.inner, mean[c], sums); });
    }
    sum_gy[c] = sums[0];
    products[c] = sums[1];
  }
  if (g.inner > 1) return;
  for (std::int64_t o = 0; o < g.outer; ++o) {
    const T *u = x + o * g.count, *v = gy + o * g.count;
    for (std::int64_t c = first; c < end; ++c) {
      const double d = static_cast<double>(v[c]);
      sum_gy[c] += d;
      products[c] += d * (static_cast<double>(u[c]) - mean[c]);
    }
  }
}

/// dx = ((gy - mean_gy) - (x - mean) slope) scale.
template <class T>
void channel_gradient(const T* x, const T* gy, const Groups& g, std::int64_t first, std::int64_t end,
                      const double* mean, const double* mean_gy, const double* slope, const double* scale, T* dx) {
  if (g.inner > 1) {
    for (std::int64_t c = first; c < end; ++c) {
      const CentredGradient line = {mean[c], mean_gy[c], slope[c], scale[c]};
      each_run(g, c, [=](std::int64_t i) { isa_of<T>().centred_gradient(x + i, gy + i, g.inner, line, dx + i); });
    }
    return;
  }
  for (std::int64_t o = 0; o < g.outer; ++o) {
    const T *u = x + o * g.count, *v = gy + o * g.count;
    T* to = dx + o * g.count;
    for (std::int64_t c = first; c < end; ++c) {
      const double d = (static_cast<double>(u[c]) - mean[c]) * slope[c];
      to[c] = static_cast<T>(((static_cast<double>(v[c]) - mean_gy[c]) - d) * scale[c]);
    }
  }
}

}  // namespace xtape::kernels
