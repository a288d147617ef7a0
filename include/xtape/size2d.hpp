// Size2d: what an image's height and width may each have: a kernel's size, a stride, a padding.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/export.hpp"

namespace xtape {

/// One number for height and width, or {height, width}: `nn::Conv2d(1, 32, 3)`, `nn::Conv2d(1, 32, {3, 5})`.
struct Size2d {
  std::int64_t height = 0, width = 0;

  constexpr Size2d() = default;
  template <std::integral T>
  constexpr Size2d(T both)  // NOLINT: implicit
      : height(static_cast<std::int64_t>(both)), width(static_cast<std::int64_t>(both)) {}
  template <std::integral H, std::integral W>
  constexpr Size2d(H h, W w) : height(static_cast<std::int64_t>(h)), width(static_cast<std::int64_t>(w)) {}

  friend constexpr bool operator==(const Size2d&, const Size2d&) = default;
};

}  // namespace xtape
