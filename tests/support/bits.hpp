// Whether two states are the same bit for bit.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "xtape/xtape.hpp"

namespace xtape::testing {

/// Dtype, shape and bytes of a tensor.
inline std::string bits_of(const Tensor& x) {
  std::string bits = std::string(to_string(x.dtype())) + x.shape().to_string();
  const Tensor values = x.detach();
  const auto append = [&bits](const void* data, std::size_t n) { bits.append(static_cast<const char*>(data), n); };
  const auto n = static_cast<std::size_t>(x.numel() * itemsize(x.dtype()));
  switch (x.dtype()) {
    case DType::bool_: append(values.data<bool>(), n); break;
    case DType::uint8: append(values.data<std::uint8_t>(), n); break;
    case DType::int32: append(values.data<std::int32_t>(), n); break;
    case DType::int64: append(values.data<std::int64_t>(), n); break;
    case DType::float32: append(values.data<float>(), n); break;
    case DType::float64: append(values.data<double>(), n); break;
  }
  return bits;
}

/// Expects the same names, dtypes, shapes and bits.
inline void expect_same_bits(const StateDict& a, const StateDict& b) {
  EXPECT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_TRUE(bits_of(tensor) == bits_of(b[name])) << name << ": " << tensor << " and " << b[name];
  }
}

}  // namespace xtape::testing
