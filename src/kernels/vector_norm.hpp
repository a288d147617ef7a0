// The parts of vector norms: the largest magnitude, and sums of powers of magnitudes, accumulated in double.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/reduce.hpp"

namespace xtape::kernels {

/// The largest |x|; 0 for n = 0, NaN if there is one.
template <class T>
double largest_magnitude(const T* x, std::int64_t n) noexcept {
  T largest{};
  for (std::int64_t i = 0; i < n; ++i) {
    const T magnitude = std::abs(x[i]);
    if (!(magnitude <= largest)) largest = magnitude;
    if (largest != largest) break;
  }
  return static_cast<double>(largest);
}

/// The sum of (scale |x|)^p.
template <class T>
double sum_of_powers(const T* x, std::int64_t n, double p, double scale) {
  const auto magnitude = [scale](T element) { return scale * std::abs(static_cast<double>(element)); };
  if (p == 1) return sum(x, n, magnitude);
  if (p == 2) return sum(x, n, [magnitude](T element) { return magnitude(element) * magnitude(element); });
  return sum(x, n, [magnitude, p](T element) { return std::pow(magnitude(element), p); });
}

}  // namespace xtape::kernels
