// Tensors and texts from a fuzzer's bytes, for round trips.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <vector>

#include "fuzz/harness.hpp"

namespace xtape::fuzz {

/// Of any dtype, with 0 to 4 dims, and any bits for elements.
inline Tensor random_tensor(FuzzedDataProvider& random) {
  Shape shape;
  for (int dims = random.ConsumeIntegralInRange(0, 4); dims > 0; --dims) {
    shape.push_back(random.ConsumeIntegralInRange<std::int64_t>(0, 5));
  }
  const auto filled = [&random, &shape]<class T>(T) {
    Tensor x = zeros(shape, {.dtype = dtype_of<T>});
    random.ConsumeData(x.data<T>(), static_cast<std::size_t>(x.numel()) * sizeof(T));
    return x;
  };
  switch (random.ConsumeIntegralInRange(0, 5)) {
    case 0: return zeros(shape, {.dtype = bool_}).copy_(filled(std::uint8_t{}).to(bool_));
    case 1: return filled(std::uint8_t{});
    case 2: return filled(std::int32_t{});
    case 3: return filled(std::int64_t{});
    case 4: return filled(float{});
    default: return filled(double{});
  }
}

}  // namespace xtape::fuzz
