// Shapes and dtypes for fmt: what both the opt-in fmt.hpp and xtape's own error messages use.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "xtape/dtype.hpp"
#include "xtape/shape.hpp"

template <>
struct fmt::formatter<xtape::Shape> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const xtape::Shape& shape, Context& context) const {
    return fmt::formatter<std::string_view>::format(shape.to_string(), context);
  }
};

template <>
struct fmt::formatter<xtape::DType> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(xtape::DType dtype, Context& context) const {
    return fmt::formatter<std::string_view>::format(xtape::to_string(dtype), context);
  }
};
