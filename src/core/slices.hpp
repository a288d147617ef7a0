// How rows are cut into parts of nearly the same size.
#pragma once

#include <cstdint>

namespace xtape {

/// floor(part * rows / parts), the first row of part number `part`.
constexpr std::int64_t first_row(std::int64_t part, std::int64_t rows, std::int64_t parts) noexcept {
  return part * (rows / parts) + part * (rows % parts) / parts;  // without overflow
}

}  // namespace xtape
