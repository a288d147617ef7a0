// Vector norms, (sum of |x|^p)^(1/p): accumulated in double by plain arithmetic, without overflow on the way.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

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

/// The norm for p > 0, from the largest magnitude and a function that gives the sum of (scale |x|)^p.
template <class F>
double norm_from(double p, double largest, F powers) {
  if (std::isinf(p) || !std::isfinite(largest) || largest == 0) return largest;
  const double total = powers(1.0);
  if (std::isfinite(total) && total > 1e-290) return std::pow(total, 1 / p);
  // The powers overflow or underflow, which they do not when scaled to a largest magnitude of about 1.
  const double scale = largest > 1e-300 ? 1 / largest : 1e300;
  return std::pow(powers(scale), 1 / p) / scale;
}

/// The norm of n contiguous elements for any p but NaN. p = 0 counts the elements that are not 0; for p = -inf it is
/// the smallest magnitude; n = 0 gives 0 for p >= 0. NaN if there is one, except for p = 0.
template <class T>
double norm(const T* x, std::int64_t n, double p) {
  if (p > 0) {
    return norm_from(p, largest_magnitude(x, n), [x, n, p](double scale) { return sum_of_powers(x, n, p, scale); });
  }
  if (p == 0) return sum(x, n, [](T element) { return element != 0 ? 1.0 : 0.0; });
  double smallest = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < n; ++i) {
    const double magnitude = std::abs(static_cast<double>(x[i]));
    if (!(magnitude >= smallest)) smallest = magnitude;
    if (smallest != smallest) break;
  }
  if (std::isinf(p) || !std::isfinite(smallest) || smallest == 0) return smallest;
  // Relative to the smallest magnitude, the powers are at most 1, and one of them is 1.
  const double powers =
      sum(x, n, [p, smallest](T element) { return std::pow(std::abs(static_cast<double>(element)) / smallest, p); });
  return std::pow(powers, 1 / p) * smallest;
}

}  // namespace xtape::kernels
