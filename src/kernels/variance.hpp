// The variance of contiguous numbers: in double, in two passes, by plain arithmetic in a fixed order, so that every
// instruction set gives the same bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/reduce.hpp"

namespace xtape::kernels {

/// The sum of (x - mean)^2, divided by n - correction, or by 0 where that is negative. NaN for n = 0.
template <class T>
double variance(const T* x, std::int64_t n, double correction) {
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  // Relative to the first element: a large mean costs no digits, and equal elements have a variance of exactly 0.
  const double first = static_cast<double>(x[0]), count = static_cast<double>(n);
  const double mean = sum(x, n, [first](T v) { return static_cast<double>(v) - first; }) / count;
  const double squares = sum(x, n, [first, mean](T v) {
    const double d = (static_cast<double>(v) - first) - mean;
    return d * d;
  });
  return squares / std::max(0.0, count - correction);
}

}  // namespace xtape::kernels
