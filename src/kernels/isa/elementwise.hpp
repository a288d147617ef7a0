// Plain loops over elements, which both compilers turn into vectors. Where memory is what they wait for at any
// instruction set (sums, products), ops do without a kernel of this kind.
#pragma once

#include <stdint.h>

namespace xtape::kernels {
namespace {

template <class T>
void relu(const T* x, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? T{} : x[i];
}

template <class T>
void relu_gradient(const T* y, const T* gy, T* dx, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T g = gy[i];  // read in any case: no branch
    dx[i] = y[i] <= 0 ? T{} : g;
  }
}

void unit_from_bytes(const uint8_t* x, float* y, int64_t n) {
  // 1/255 in two parts: a byte times the first is exact, so that only the sum is rounded. Right for all 256 bytes.
  constexpr float high = 0x1.0101p-8f, low = static_cast<float>(1.0 / 255 - 0x1.0101p-8);
  for (int64_t i = 0; i < n; ++i) {
    const float u = x[i];
    y[i] = u * high + u * low;
  }
}

}  // namespace
}  // namespace xtape::kernels
