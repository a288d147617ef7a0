// fmt::print("{}\n", tensor): tensors, shapes, dtypes, modules, summaries, state dicts and what load_state_dict
// returns, for fmt. Opt in by including it.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string_view>
#include <type_traits>

#include "xtape/detail/fmt_shape.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/nn/summary.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"

namespace xtape::detail {
/// Tensors and modules of any type (nn::Parameter, nn::Linear, a user's), and the classes that print by to_string().
template <class T>
concept PrintsItself = std::derived_from<T, Tensor> || std::derived_from<T, nn::Module> ||
    std::same_as<T, nn::Summary> || std::same_as<T, StateDict> || std::same_as<T, IncompatibleKeys>;
}  // namespace xtape::detail

// Not as ranges, with <fmt/ranges.h> either.
FMT_BEGIN_NAMESPACE
template <class T, class Char>
struct is_range;
template <xtape::detail::PrintsItself T>
struct is_range<T, char> : std::false_type {};
FMT_END_NAMESPACE

template <xtape::detail::PrintsItself T>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& object, Context& context) const {
    return fmt::formatter<std::string_view>::format(object.to_string(), context);
  }
};
