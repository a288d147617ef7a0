// Throwing an Error with a formatted line: fail<ShapeError>("linear", "expected ..., got {}", shape).
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "xtape/detail/fmt_shape.hpp"
#include "xtape/error.hpp"

namespace xtape {

template <class E, class... Args>
[[noreturn]] void fail(std::string_view op, fmt::format_string<Args...> format, Args&&... args) {
  throw E(std::string(op), fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace xtape
