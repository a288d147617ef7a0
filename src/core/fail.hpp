// Throwing an Error with a formatted line: fail<ShapeError>("linear", "expected ..., got {}", shape).
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "xtape/detail/fmt_shape.hpp"
#include "xtape/error.hpp"

namespace xtape {

namespace detail {

// Shapes and dtypes as text, which fmt formats in its own library: the code of a formatter would be compiled into every
// file.
template <class T>
const T& format_argument(const T& value) {
  return value;
}
inline std::string format_argument(const Shape& shape) { return shape.to_string(); }
inline const char* format_argument(DType dtype) { return to_string(dtype); }

template <class... Args>
std::string format_line(fmt::string_view format, const Args&... args) {
  return fmt::vformat(format, fmt::make_format_args(args...));
}

/// What every fail() ends in: hundreds of calls share the code that makes the error.
template <class E>
[[noreturn, gnu::noinline, gnu::cold]] void throw_line(std::string_view op, fmt::string_view format,
                                                       fmt::format_args args) {
  throw E(std::string(op), fmt::vformat(format, args));
}

template <class E, class... Args>
[[noreturn]] void throw_formatted(std::string_view op, fmt::string_view format, const Args&... args) {
  throw_line<E>(op, format, fmt::make_format_args(args...));
}

}  // namespace detail

template <class E, class... Args>
[[noreturn]] void fail(std::string_view op, fmt::format_string<Args...> format, Args&&... args) {
  detail::throw_formatted<E>(op, format, detail::format_argument(args)...);
}

}  // namespace xtape
