#include "train/intervals.hpp"

#include <cmath>

namespace xtape::train {
namespace {

constexpr double z95 = 1.959963984540054;  // the normal distribution's quantile at 0.975

}  // namespace

Interval wilson_interval(double share, std::int64_t samples) {
  if (std::isnan(share)) return {share, share};
  if (samples <= 0) return {0, 1};
  const double z = z95, p = share, m = static_cast<double>(samples);
  const double scale = 1 + z * z / m;
  const double center = (p + z * z / (2 * m)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / m + z * z / (4 * m * m));
  // At p = 0 and p = 1 an end is p itself, which the formula meets only up to rounding.
  return {p <= 0 ? 0 : center - half, p >= 1 ? 1 : center + half};
}

Interval gap_interval(double p1, std::int64_t n1, double p2, std::int64_t n2) {
  const Interval a = wilson_interval(p1, n1), b = wilson_interval(p2, n2);
  return {p1 - p2 - std::hypot(p1 - a.low, b.high - p2), p1 - p2 + std::hypot(a.high - p1, p2 - b.low)};
}

}  // namespace xtape::train
