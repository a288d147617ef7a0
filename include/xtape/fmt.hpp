// fmt::print("{}\n", tensor): tensors, shapes, dtypes and what load_state_dict returns, for fmt. Opt in by including
// it.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string_view>

#include "xtape/detail/fmt_shape.hpp"
#include "xtape/state_dict.hpp"
#include "xtape/tensor.hpp"

/// Also for nn::Parameter and nn::Buffer.
template <std::derived_from<xtape::Tensor> T>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const xtape::Tensor& tensor, Context& context) const {
    return fmt::formatter<std::string_view>::format(tensor.to_string(), context);
  }
};

template <>
struct fmt::formatter<xtape::IncompatibleKeys> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const xtape::IncompatibleKeys& keys, Context& context) const {
    return fmt::formatter<std::string_view>::format(keys.to_string(), context);
  }
};
