// Constants that many tests use.
#pragma once

#include <limits>

namespace xtape::testing {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace xtape::testing
