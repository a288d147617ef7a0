// Elementary functions from + - * / alone, in double: the same bits from every compiler, C library and CPU,
// which libm does not promise. Taylor series on reduced arguments; the error is below 2 ulp.
#pragma once

#include <bit>
#include <cstdint>

namespace xtape::kernels {

/// The natural logarithm of a positive normal number.
inline double plain_log(double u) noexcept {
  // u = m 2^e with m in [sqrt(1/2), sqrt(2)), then log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  const auto bits = std::bit_cast<std::uint64_t>(u);
  const std::uint64_t half = std::bit_cast<std::uint64_t>(0.70710678118654752);
  const std::int64_t e = static_cast<std::int64_t>(bits - half) >> 52;
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(e) << 52));
  const double s = (m - 1) / (m + 1), q = s * s;
  constexpr double odd[] = {1. / 23, 1. / 21, 1. / 19, 1. / 17, 1. / 15, 1. / 13,
                            1. / 11, 1. / 9,  1. / 7,  1. / 5,  1. / 3};
  double series = 0;
  for (double c : odd) series = (series + c) * q;
  return static_cast<double>(e) * 0.69314718055994531 + (2 * s * series + 2 * s);
}

struct SinCos {
  double sin, cos;
};

/// Sine and cosine of 2 pi u, for |u| < 2^30.
inline SinCos plain_sincos_turns(double u) noexcept {
  // The nearest quarter turn is subtracted exactly; the rest is at most an eighth of a turn.
  const double t = 4 * u;
  const auto quarter = static_cast<std::int64_t>(t + (t < 0 ? -0.5 : 0.5));
  const double x = (t - static_cast<double>(quarter)) * 1.5707963267948966, q = x * x;
  constexpr double next_sin[] = {-1. / 272, -1. / 210, -1. / 156, -1. / 110, -1. / 72, -1. / 42, -1. / 20, -1. / 6};
  constexpr double next_cos[] = {-1. / 240, -1. / 182, -1. / 132, -1. / 90, -1. / 56, -1. / 30, -1. / 12, -1. / 2};
  double s = 0, c = 0;
  for (int k = 0; k < 8; ++k) {
    s = (1 + s) * (q * next_sin[k]);
    c = (1 + c) * (q * next_cos[k]);
  }
  s = x + x * s;
  c = 1 + c;
  switch (quarter & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

}  // namespace xtape::kernels
