// Sums of floating numbers, in double: over an array, and over the rows of a matrix.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

/// Pairwise down to blocks, so that the error does not grow with n as that of a running sum does.
template <class T>
double sum(const T* x, int64_t n) {
  constexpr int64_t block = 512 * lanes<double>;
  if (n > block) {
    const int64_t half = (n / 2 + block - 1) / block * block;
    return sum(x, half) + sum(x + half, n - half);
  }
  WideSum<T> a, b;
  int64_t i = 0;
  for (; i + 2 * lanes<T> <= n; i += 2 * lanes<T>) {
    a.add(Vec<T>::load_unaligned(x + i));
    b.add(Vec<T>::load_unaligned(x + i + lanes<T>));
  }
  each_vector<T>(n - i, [&a, x, i](int64_t j, auto part) { a.add(part.load(x + i + j, T{})); });
  a.add(b);
  return a.total();
}

/// y[j] = sum of x[k stride + j] over the rows k for which rows.each calls its function; for `count` columns, at most
/// `tiles` vectors of them.
template <class T, int tiles, class Rows, class Part>
inline void sum_columns(const T* x, Rows rows, int64_t stride, T* y, int64_t count, Part part) {
  WideSum<T> sums[tiles];
  rows.each([&sums, x, stride, part](int64_t k) {
    for (int t = 0; t < tiles; ++t) sums[t].add(part.load(x + k * stride + t * lanes<T>, T{}));
  });
  double columns[tiles * lanes<T>];
  for (int t = 0; t < tiles; ++t) sums[t].store(columns + t * lanes<T>);
  for (int64_t j = 0; j < count; ++j) y[j] = static_cast<T>(columns[j]);
}

/// y[j] = sum of x[k n + j] over the rows k.
template <class T, class Rows>
inline void sum_rows(const T* x, Rows rows, int64_t n, T* y) {
  constexpr int tiles = 64 / lanes<T>, tile = tiles * lanes<T>;  // four cache lines of each row, or eight
  int64_t first = 0;
  for (; first + tile <= n; first += tile) sum_columns<T, tiles>(x + first, rows, n, y + first, tile, Whole<T>{});
  each_vector<T>(n - first, [=](int64_t j, auto part) {
    sum_columns<T, 1>(x + first + j, rows, n, y + first + j, n - first - j < lanes<T> ? n - first - j : lanes<T>, part);
  });
}

/// Rows 0 to count - 1.
struct FirstRows {
  int64_t count;
  template <class F>
  void each(F f) const {
    for (int64_t k = 0; k < count; ++k) f(k);
  }
};

template <class T>
void column_sums(const T* x, int64_t rows, int64_t n, T* y) {
  if (rows == 0) {  // and x may be null
    for (int64_t j = 0; j < n; ++j) y[j] = T{};
    return;
  }
  sum_rows(x, FirstRows{rows}, n, y);
}

}  // namespace
}  // namespace xtape::kernels
