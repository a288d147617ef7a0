// Whether a number fits an integer dtype.
#pragma once

#include <cstdint>
#include <limits>

#include "core/dispatch.hpp"

namespace xtape {

/// Whether `value`, truncated, is in `integer`'s range. As doubles, int64's bounds are -2^63 and, rounded up, 2^63.
inline bool fits(Scalar value, DType integer) {
  return visit_dtype(integer, [value]<class T>() {
    const auto least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
    if (is_floating(value.dtype())) {
      const double v = value.to<double>(), low = static_cast<double>(least), high = static_cast<double>(most);
      return sizeof(T) < 8 ? v > low - 1 && v < high + 1 : v >= low && v < high;
    }
    const auto v = value.to<std::int64_t>();
    return v >= static_cast<std::int64_t>(least) && v <= static_cast<std::int64_t>(most);
  });
}

}  // namespace xtape
