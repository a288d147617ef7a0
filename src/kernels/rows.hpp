// The rows of an array along one of its dims: the array is (outer, n, inner), row-major, and a row runs along the
// middle one.
#pragma once

#include <cstdint>

namespace xtape::kernels {

/// Row r starts at first(r), its n elements are `inner` apart.
struct Rows {
  std::int64_t outer = 1, n = 1, inner = 1;

  std::int64_t count() const { return outer * inner; }
  std::int64_t first(std::int64_t row) const { return row / inner * n * inner + row % inner; }
};

}  // namespace xtape::kernels
