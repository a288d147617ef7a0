// The position of the largest or smallest of a row of elements: the first of equals. NaN beats every number.
#pragma once

#include <cstdint>

namespace xtape::kernels {

struct Larger {
  template <class T>
  bool operator()(T u, T v) const {
    return u > v;
  }
};
struct Smaller {
  template <class T>
  bool operator()(T u, T v) const {
    return u < v;
  }
};

/// Of n > 0 elements, `stride` apart.
template <class T, class Beats>
std::int64_t position_of_extremum(const T* x, std::int64_t n, std::int64_t stride, Beats beats) {
  std::int64_t best = 0;
  T m = x[0];
  for (std::int64_t k = 1; k < n && m == m; ++k) {
    const T v = x[k * stride];
    if (beats(v, m) || v != v) {
      m = v;
      best = k;
    }
  }
  return best;
}

/// For each row of a (outer, n, inner) array, n > 0. `values` may be null.
template <class T, class Beats>
void extrema(const T* x, T* values, std::int64_t* positions, std::int64_t outer, std::int64_t n,
             std::int64_t inner, Beats beats) {
  for (std::int64_t row = 0; row < outer * inner; ++row) {
    const T* u = x + row / inner * n * inner + row % inner;
    positions[row] = position_of_extremum(u, n, inner, beats);
    if (values) values[row] = u[positions[row] * inner];
  }
}

}  // namespace xtape::kernels
