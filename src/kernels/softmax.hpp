// Softmax, its logarithm, and the logarithm of its denominator, row by row. The maximum is taken per row, so that
// nothing overflows; a row of softmax or log_softmax that holds NaN or +inf, or only -inf, becomes NaN, and no other
// row does.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/extremum.hpp"

namespace xtape::kernels {

/// sum of exp(u - m) over a row.
template <class T>
double sum_of_exp(const T* u, T m, const Rows& rows) {
  double total = 0;
  for (std::int64_t k = 0; k < rows.n; ++k) total += std::exp(u[k * rows.inner] - m);
  return total;
}

template <class T>
void log_softmax(const T* x, T* y, const Rows& rows) {
  if (rows.n == 0) return;
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const T* u = x + rows.first(row);
    T* v = y + rows.first(row);
    const T m = largest(u, rows);
    const T log_total = static_cast<T>(std::log(sum_of_exp(u, m, rows)));
    for (std::int64_t i = 0; i < rows.n * rows.inner; i += rows.inner) v[i] = (u[i] - m) - log_total;
  }
}

template <class T>
void softmax(const T* x, T* y, const Rows& rows) {
  if (rows.n == 0) return;
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const T* u = x + rows.first(row);
    T* v = y + rows.first(row);
    const T m = largest(u, rows);
    double total = 0;
    for (std::int64_t i = 0; i < rows.n * rows.inner; i += rows.inner) total += v[i] = std::exp(u[i] - m);
    for (std::int64_t i = 0; i < rows.n * rows.inner; i += rows.inner) v[i] = static_cast<T>(v[i] / total);
  }
}

/// dx from y = softmax(x).
template <class T>
void softmax_gradient(const T* y, const T* gy, T* dx, const Rows& rows) {
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const std::int64_t first = rows.first(row), end = first + rows.n * rows.inner;
    double total = 0;
    for (std::int64_t i = first; i < end; i += rows.inner) total += y[i] * gy[i];
    const T t = static_cast<T>(total);
    for (std::int64_t i = first; i < end; i += rows.inner) dx[i] = y[i] * (gy[i] - t);
  }
}

/// dx from y = log_softmax(x).
template <class T>
void log_softmax_gradient(const T* y, const T* gy, T* dx, const Rows& rows) {
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const std::int64_t first = rows.first(row), end = first + rows.n * rows.inner;
    double total = 0;
    for (std::int64_t i = first; i < end; i += rows.inner) total += gy[i];
    const T t = static_cast<T>(total);
    for (std::int64_t i = first; i < end; i += rows.inner) dx[i] = gy[i] - std::exp(y[i]) * t;
  }
}

/// y has a row's place for one element: -inf for a row of -inf or of nothing, +inf for one that holds +inf.
template <class T>
void logsumexp(const T* x, T* y, const Rows& rows) {
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const T* u = x + rows.first(row);
    const T m = rows.n ? largest(u, rows) : -std::numeric_limits<T>::infinity();
    y[row] = std::isfinite(m) ? static_cast<T>(m + std::log(sum_of_exp(u, m, rows))) : m;
  }
}

}  // namespace xtape::kernels
