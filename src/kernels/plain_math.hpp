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

/// e^v for |v| <= 700.
inline double plain_exp(double v) noexcept {
  // v = k log 2 + r with |r| <= log(2) / 2. The first part of log 2 has few enough digits that k times it is exact.
  const double t = v * 1.4426950408889634;
  const auto k = static_cast<std::int64_t>(t + (t < 0 ? -0.5 : 0.5));
  const double r = v - static_cast<double>(k) * 0x1.62e42feep-1 - static_cast<double>(k) * 0x1.a39ef35793c76p-33;
  double series = 0;
  for (int n = 13; n >= 1; --n) series = (1 + series) * (r / n);
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(1 + series) + (static_cast<std::uint64_t>(k) << 52));
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
