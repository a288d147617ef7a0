// fmt::print("{}\n", tensor): tensors, shapes, dtypes, modules, summaries, state dicts and what load_state_dict
// returns, for fmt. Opt in by including it.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "xtape/detail/fmt_shape.hpp"
#include "xtape/error.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/nn/summary.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {
/// Modules of any type (nn::Linear, a user's), and the classes that print by to_string().
template <class T>
concept PrintsItself = std::derived_from<T, nn::Module> || std::same_as<T, nn::Summary> || std::same_as<T, StateDict> ||
    std::same_as<T, IncompatibleKeys>;
}  // namespace xtape::detail

// Not as ranges, with <fmt/ranges.h> either.
FMT_BEGIN_NAMESPACE
template <class T, class Char>
struct is_range;
template <class T>
  requires(xtape::detail::PrintsItself<T> || std::derived_from<T, xtape::Tensor>)
struct is_range<T, char> : std::false_type {};
FMT_END_NAMESPACE

/// Also for nn::Parameter and nn::Buffer. "{}" and specs of width and alignment format tensor.to_string(). A spec with
/// a precision or a type formats the only element: "{:.4f}", "{:8.3e}", "{:5d}" (integers and bool_). ValueError if
/// there are more.
template <std::derived_from<xtape::Tensor> T>
struct fmt::formatter<T> {
  constexpr auto parse(fmt::format_parse_context& context) {
    const char* end = context.begin();
    // A width or precision may itself be in braces.
    for (int depth = 0; end != context.end() && (*end != '}' || depth > 0); ++end) {
      if (*end == '.') form_ = Form::real;
      depth += *end == '{' ? 1 : *end == '}' ? -1 : 0;
    }
    const char last = end == context.begin() ? '\0' : *(end - 1);
    if (std::string_view("aAeEfFgG").find(last) != std::string_view::npos) form_ = Form::real;
    if (last == 'd') form_ = Form::integer;
    if (last == 's') form_ = Form::text;
    switch (form_) {
      case Form::real: return real_.parse(context);
      case Form::integer: return integer_.parse(context);
      default: return text_.parse(context);
    }
  }

  template <class Context>
  auto format(const xtape::Tensor& tensor, Context& context) const {
    switch (form_) {
      case Form::real: return real_.format(tensor.item(), context);
      case Form::integer: return integer_.format(integer_item(tensor), context);
      default: return text_.format(tensor.to_string(), context);
    }
  }

 private:
  enum class Form { text, real, integer };

  static std::int64_t integer_item(const xtape::Tensor& tensor) {
    if (is_floating(tensor.dtype())) {
      throw xtape::DTypeError("format",
                              std::string("{:d} formats integers, the tensor is ") + to_string(tensor.dtype()));
    }
    return tensor.item<std::int64_t>();
  }

  Form form_ = Form::text;
  fmt::formatter<std::string_view> text_;
  fmt::formatter<double> real_;
  fmt::formatter<std::int64_t> integer_;
};

template <xtape::detail::PrintsItself T>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& object, Context& context) const {
    return fmt::formatter<std::string_view>::format(object.to_string(), context);
  }
};
