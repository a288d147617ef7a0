// Batch norm over a run of elements of one channel: arithmetic in double, each result rounded once.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

/// Two vectors of doubles as one of floats.
inline Vec<float> narrowed(Vec<double> low, Vec<double> high) {
#if defined(__AVX512F__)
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low.data)), _mm512_cvtpd_ps(high.data), 1);
#elif defined(__AVX2__)
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low.data)), _mm256_cvtpd_ps(high.data), 1);
#elif defined(__SSE2__)
  return _mm_movelh_ps(_mm_cvtpd_ps(low.data), _mm_cvtpd_ps(high.data));
#else
  float both[lanes<float>];
  for (int j = 0; j < lanes<double>; ++j) {
    both[j] = static_cast<float>(low.data[j]);
    both[lanes<double> + j] = static_cast<float>(high.data[j]);
  }
  return Vec<float>::load_unaligned(both);
#endif
}

/// f(0, v) and f(1, w) for the vectors of doubles v from x[i] on, and w after it.
template <class T, class F>
inline void each_wide(const T* x, int64_t i, F f) {
  if constexpr (sizeof(T) == 4) {
    const Vec<float> v = Vec<float>::load_unaligned(x + i);
    f(0, widened_lower(v));
    f(1, widened_upper(v));
  } else {
    f(0, Vec<double>::load_unaligned(x + i));
    f(1, Vec<double>::load_unaligned(x + i + lanes<double>));
  }
}
template <class T>
inline void store_wide(T* y, Vec<double> low, Vec<double> high) {
  if constexpr (sizeof(T) == 4) {
    narrowed(low, high).store_unaligned(y);
  } else {
    low.store_unaligned(y);
    high.store_unaligned(y + lanes<double>);
  }
}

constexpr int pair = 2 * lanes<double>;

inline double total_of(Vec<double> a, Vec<double> b) {
  return fold((a + b).data, [](auto u, auto v) { return u + v; });
}

template <class T>
void shifted_sums(const T* x, int64_t n, double shift, double* sums) {
  const Vec<double> s(shift), zero(0.0);
  Vec<double> sum[2] = {zero, zero}, squares[2] = {zero, zero};
  int64_t i = 0;
  for (; i + pair <= n; i += pair) {
    each_wide(x, i, [&sum, &squares, s](int k, Vec<double> v) {
      const Vec<double> d = v - s;
      sum[k] += d;
      squares[k] = multiply_add(d, d, squares[k]);
    });
  }
  double one = 0, square = 0;
  for (; i < n; ++i) {
    const double d = static_cast<double>(x[i]) - shift;
    one += d;
    square += d * d;
  }
  sums[0] += total_of(sum[0], sum[1]) + one;
  sums[1] += total_of(squares[0], squares[1]) + square;
}

template <class T>
void affine(const T* x, int64_t n, double mean, double scale, double shift, T* y) {
  const Vec<double> m(mean), a(scale), b(shift);
  int64_t i = 0;
  for (; i + pair <= n; i += pair) {
    Vec<double> result[2] = {m, m};
    each_wide(x, i, [&result, m, a, b](int k, Vec<double> v) { result[k] = (v - m) * a + b; });
    store_wide(y + i, result[0], result[1]);
  }
  for (; i < n; ++i) y[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * scale + shift);
}

template <class T>
void centred_products(const T* x, const T* gy, int64_t n, double mean, double* sums) {
  const Vec<double> m(mean), zero(0.0);
  Vec<double> sum[2] = {zero, zero}, product[2] = {zero, zero};
  int64_t i = 0;
  for (; i + pair <= n; i += pair) {
    Vec<double> d[2] = {m, m};
    each_wide(x, i, [&d, m](int k, Vec<double> v) { d[k] = v - m; });
    each_wide(gy, i, [&sum, &product, &d](int k, Vec<double> g) {
      sum[k] += g;
      product[k] = multiply_add(g, d[k], product[k]);
    });
  }
  double one = 0, both = 0;
  for (; i < n; ++i) {
    const double g = static_cast<double>(gy[i]);
    one += g;
    both += g * (static_cast<double>(x[i]) - mean);
  }
  sums[0] += total_of(sum[0], sum[1]) + one;
  sums[1] += total_of(product[0], product[1]) + both;
}

template <class T>
void centred_gradient(const T* x, const T* gy, int64_t n, const CentredGradient& c, T* dx) {
  const Vec<double> m(c.mean), mean_gy(c.mean_gy), slope(c.slope), scale(c.scale);
  int64_t i = 0;
  for (; i + pair <= n; i += pair) {
    Vec<double> d[2] = {m, m};
    each_wide(x, i, [&d, m, slope](int k, Vec<double> v) { d[k] = (v - m) * slope; });
    each_wide(gy, i, [&d, mean_gy, scale](int k, Vec<double> g) { d[k] = ((g - mean_gy) - d[k]) * scale; });
    store_wide(dx + i, d[0], d[1]);
  }
  for (; i < n; ++i) {
    const double d = (static_cast<double>(x[i]) - c.mean) * c.slope;
    dx[i] = static_cast<T>(((static_cast<double>(gy[i]) - c.mean_gy) - d) * c.scale);
  }
}

}  // namespace
}  // namespace xtape::kernels
