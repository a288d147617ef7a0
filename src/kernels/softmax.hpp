// Softmax and its logarithm along the middle of a (outer, n, inner) array. The maximum is taken per row, so that
// nothing overflows; a row that holds NaN or +inf, or only -inf, becomes NaN, and no other row does.
#pragma once

#include <cmath>
#include <cstdint>

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

}  // namespace xtape::kernels
