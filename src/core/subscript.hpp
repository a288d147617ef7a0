// The subscript of an element, as errors print it.
#pragma once

#include <cstdint>
#include <string>

#include "xtape/shape.hpp"

namespace xtape {

/// "[2, 0]": the subscript of the element at a row-major position; "" in a 0-dim tensor.
inline std::string subscript(const Shape& shape, std::int64_t position) {
  if (shape.empty()) return "";
  std::string s = "]";
  for (std::int64_t d = shape.size() - 1; d >= 0; position /= shape[d--]) {
    s = (d > 0 ? ", " : "[") + std::to_string(position % shape[d]) + s;
  }
  return s;
}

}  // namespace xtape
