#include "kernels/half.hpp"

#include <bit>
#include <xtl/xhalf_float.hpp>

namespace xtape::kernels {

namespace {

using Half = half_float::half;
static_assert(sizeof(Half) == sizeof(std::uint16_t));

constexpr std::uint32_t quiet = 0x0040'0000;  // makes a NaN quiet, so that it stays one without its lower half

}  // namespace

void from_float16(const std::uint16_t* x, std::int64_t n, float* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(std::bit_cast<Half>(x[i]));
}

void from_bfloat16(const std::uint16_t* x, std::int64_t n, float* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::bit_cast<float>(std::uint32_t{x[i]} << 16);
}

void to_float16(const float* x, std::int64_t n, std::uint16_t* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::bit_cast<std::uint16_t>(Half(x[i]));
}

void to_bfloat16(const float* x, std::int64_t n, std::uint16_t* y) {
  for (std::int64_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(x[i]);
    const std::uint32_t to_even = 0x7fff + (bits >> 16 & 1);
    y[i] = static_cast<std::uint16_t>((x[i] != x[i] ? bits | quiet : bits + to_even) >> 16);
  }
}

}  // namespace xtape::kernels
