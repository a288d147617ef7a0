// Plain loops over elements, which both compilers vectorize. Ops that wait for memory with every instruction set
// (additions, multiplications) have no kernel here.
#pragma once

#include <stdint.h>
#include <string.h>

namespace xtape::kernels {
namespace {

template <class T>
void relu(const T* x, T* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? T{} : x[i];
}

template <class T>
void relu_gradient(const T* y, const T* gy, T* dx, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T g = gy[i];  // read unconditionally, so that there is no branch
    dx[i] = y[i] <= 0 ? T{} : g;
  }
}

template <class Bits, class T>
void masked_scale_as(const T* __restrict x, const uint8_t* __restrict mask, T scale, T* __restrict y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T kept = x[i] * scale;
    Bits bits;
    memcpy(&bits, &kept, sizeof bits);
    bits &= Bits{0} - mask[i];  // no branch, which would be mispredicted half of the time
    memcpy(y + i, &bits, sizeof bits);
  }
}
template <class T>
void masked_scale(const T* x, const uint8_t* mask, T scale, T* y, int64_t n) {
  if constexpr (sizeof(T) == 4) {
    masked_scale_as<uint32_t>(x, mask, scale, y, n);
  } else {
    masked_scale_as<uint64_t>(x, mask, scale, y, n);
  }
}

void unit_from_bytes(const uint8_t* x, float* y, int64_t n) {
  // 1/255 in two parts: the product with the first is exact, and the error of the second is too small to matter. A test
  // checks all 256 bytes.
  constexpr float high = 0x1.0101p-8f, low = static_cast<float>(1.0 / 255 - 0x1.0101p-8);
  for (int64_t i = 0; i < n; ++i) {
    const float u = x[i];
    y[i] = u * high + u * low;
  }
}

}  // namespace
}  // namespace xtape::kernels
