// Numbers that many tests name.
#pragma once

#include <limits>

namespace xtape::testing {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace xtape::testing
