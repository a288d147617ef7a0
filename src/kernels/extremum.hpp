// The position of the largest or smallest of a row of elements: the first of equals. NaN beats every number.
#pragma once

#include <cstdint>

#include "kernels/rows.hpp"

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

/// Of one row, n > 0.
template <class T, class Beats>
std::int64_t position_of_extremum(const T* x, const Rows& rows, Beats beats) {
  std::int64_t best = 0;
  T m = x[0];
  for (std::int64_t k = 1; k < rows.n && m == m; ++k) {
    const T v = x[k * rows.inner];
    if (beats(v, m) || v != v) {
      m = v;
      best = k;
    }
  }
  return best;
}

/// The largest element of one row, n > 0.
template <class T>
T largest(const T* x, const Rows& rows) {
  return x[position_of_extremum(x, rows, Larger()) * rows.inner];
}

/// For each row, n > 0. `values` may be null.
template <class T, class Beats>
void extrema(const T* x, T* values, std::int64_t* positions, const Rows& rows, Beats beats) {
  for (std::int64_t row = 0; row < rows.count(); ++row) {
    const T* u = x + rows.first(row);
    positions[row] = position_of_extremum(u, rows, beats);
    if (values) values[row] = u[positions[row] * rows.inner];
  }
}

}  // namespace xtape::kernels
