// Images as bytes and as numbers.
#pragma once

#include <cstdint>

namespace xtape::kernels {

/// y[i] = x[i] / 255, rounded once: 0 to 1.
inline void unit_from_bytes(const std::uint8_t* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(x[i]) / 255.0f;
}

}  // namespace xtape::kernels
