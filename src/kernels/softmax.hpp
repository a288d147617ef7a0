// Softmax, its logarithm, and the logarithm of its denominator along the middle of a (outer, n, inner) array.
// The maximum is taken per row, so that nothing overflows; a row of softmax or log_softmax that holds NaN or
// +inf, or only -inf, becomes NaN, and no other row does.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace xtape::kernels {

/// The largest of n elements, `stride` apart; NaN wins.
template <class T>
T row_max(const T* x, std::int64_t n, std::int64_t stride) {
  T m = x[0];
  for (std::int64_t k = 1; k < n; ++k) {
    const T v = x[k * stride];
    m = v > m || v != v ? v : m;
    if (m != m) break;
  }
  return m;
}

template <class T>
void log_softmax(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (n == 0) return;
  for (std::int64_t row = 0; row < outer * inner; ++row) {
    const std::int64_t at = row / inner * n * inner + row % inner;
    const T* u = x + at;
    T* v = y + at;
    const T m = row_max(u, n, inner);
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += std::exp(u[k * inner] - m);
    const T log_total = static_cast<T>(std::log(total));
    for (std::int64_t k = 0; k < n; ++k) v[k * inner] = (u[k * inner] - m) - log_total;
  }
}

template <class T>
void softmax(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (n == 0) return;
  for (std::int64_t row = 0; row < outer * inner; ++row) {
    const std::int64_t at = row / inner * n * inner + row % inner;
    const T* u = x + at;
    T* v = y + at;
    const T m = row_max(u, n, inner);
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += v[k * inner] = std::exp(u[k * inner] - m);
    for (std::int64_t k = 0; k < n; ++k) v[k * inner] = static_cast<T>(v[k * inner] / total);
  }
}

/// dx from y = softmax(x).
template <class T>
void softmax_gradient(const T* y, const T* gy, T* dx, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  for (std::int64_t row = 0; row < (n ? outer * inner : 0); ++row) {
    const std::int64_t at = row / inner * n * inner + row % inner;
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += y[at + k * inner] * gy[at + k * inner];
    const T t = static_cast<T>(total);
    for (std::int64_t i = at; i < at + n * inner; i += inner) dx[i] = y[i] * (gy[i] - t);
  }
}

/// dx from y = log_softmax(x).
template <class T>
void log_softmax_gradient(const T* y, const T* gy, T* dx, std::int64_t outer, std::int64_t n,
                          std::int64_t inner) {
  for (std::int64_t row = 0; row < (n ? outer * inner : 0); ++row) {
    const std::int64_t at = row / inner * n * inner + row % inner;
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += gy[at + k * inner];
    const T t = static_cast<T>(total);
    for (std::int64_t i = at; i < at + n * inner; i += inner) dx[i] = gy[i] - std::exp(y[i]) * t;
  }
}

/// y has a row's place for one element: -inf for a row of -inf or of nothing, +inf for one that holds +inf.
template <class T>
void logsumexp(const T* x, T* y, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  for (std::int64_t row = 0; row < outer * inner; ++row) {
    const T* u = x + row / inner * n * inner + row % inner;
    const T m = n ? row_max(u, n, inner) : -std::numeric_limits<T>::infinity();
    if (!std::isfinite(m)) {
      y[row] = m;
      continue;
    }
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += std::exp(u[k * inner] - m);
    y[row] = static_cast<T>(m + std::log(total));
  }
}

}  // namespace xtape::kernels
