// Throwing an Error with a formatted line: fail<ShapeError>("linear", "expected ..., got {}", shape).
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "xtape/dtype.hpp"
#include "xtape/error.hpp"
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

namespace xtape {

template <class E, class... Args>
[[noreturn]] void fail(std::string_view op, fmt::format_string<Args...> format, Args&&... args) {
  throw E(std::string(op), fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace xtape
