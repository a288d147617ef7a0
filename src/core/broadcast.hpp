// Whether one shape broadcasts to another.
#pragma once

#include "xtape/shape.hpp"

namespace xtape::detail {

/// Whether a tensor of shape `from` broadcasts to `to`: counted from the last dim, each of its extents is 1 or that of
/// `to`.
bool broadcasts_to(const Shape& from, const Shape& to) noexcept;

}  // namespace xtape::detail
