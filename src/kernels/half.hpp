// float32 from and to the 16-bit formats of files: IEEE half precision (float16) and bfloat16, the upper half of a
// float32. Rounds to the nearest, ties to even.
#pragma once

#include <cstdint>

namespace xtape::kernels {

void from_float16(const std::uint16_t* x, std::int64_t n, float* y);
void from_bfloat16(const std::uint16_t* x, std::int64_t n, float* y);
void to_float16(const float* x, std::int64_t n, std::uint16_t* y);
void to_bfloat16(const float* x, std::int64_t n, std::uint16_t* y);

}  // namespace xtape::kernels
