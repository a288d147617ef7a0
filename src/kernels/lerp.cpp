#include "kernels/lerp.hpp"

namespace xtape::kernels {

template <class T>
void lerp(T* y, const T* x, T weight, std::int64_t n) noexcept {
  if (weight < T(0.5)) {
    for (std::int64_t i = 0; i < n; ++i) y[i] += weight * (x[i] - y[i]);
  } else {
    const T rest = 1 - weight;
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] - rest * (x[i] - y[i]);
  }
}

template void lerp(float*, const float*, float, std::int64_t) noexcept;
template void lerp(double*, const double*, double, std::int64_t) noexcept;

}  // namespace xtape::kernels
