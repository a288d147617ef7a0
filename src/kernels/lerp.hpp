// Linear interpolation, as torch.lerp computes it.
#pragma once

#include <cstdint>

namespace xtape::kernels {

/// y[i] = y[i] + weight (x[i] - y[i]), for 0 <= weight <= 1, computed from the nearer end: weight 0 leaves y, weight 1
/// gives x. T is float or double.
template <class T>
void lerp(T* y, const T* x, T weight, std::int64_t n) noexcept;

}  // namespace xtape::kernels
