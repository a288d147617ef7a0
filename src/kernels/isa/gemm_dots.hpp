// Products as dot products: where both operands run along k and one of them has few rows, vectors go along k, so that
// nothing is packed and nothing turned. Each lane is a chain of multiply-adds over a part of k, and the lanes are
// summed in one fixed order.
#pragma once

#include <stdint.h>

#include "kernels/isa/gemm_pack.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

// Sums and one operand's vectors fill the registers. Tiles of at most `dot_rows` rows have `dot_columns` columns, those
// of half as many rows twice as many; ten columns, of ten classes, are two tiles or one where registers allow it.
#if defined(__AVX512F__)
constexpr int dot_rows = 5, dot_columns = 5;
#elif defined(__AVX2__) || defined(__aarch64__)
constexpr int dot_rows = 3, dot_columns = 4;
#else
constexpr int dot_rows = 2, dot_columns = 4;
#endif

/// Adds lanes that are `half` apart. Of the result, `half` lanes are sums of a's, the next `half` of b's, and so on.
template <class T, int half>
inline Vec<T> sum_halves(Vec<T> a, Vec<T> b) {
  constexpr auto all = std::make_integer_sequence<int, lanes<T>>();
  return Vec<T>(upper_row<half>(a.data, b.data, all)) + Vec<T>(lower_row<half>(a.data, b.data, all));
}
template <class T, int count, int half>
inline void sum_lanes(Vec<T> (&v)[count], T* sums) {
  if constexpr (half == 0) {
    T all[lanes<T>];
    v[0].store_unaligned(all);
#pragma GCC unroll 16
    for (int i = 0; i < count; ++i) sums[i] = all[i * (lanes<T> / count)];
  } else {
    constexpr int left = lanes<T> / half / 2;  // v[0] to v[count / left] hold sums that are still apart
    constexpr int apart = count > left ? count / left : 1;
    if constexpr (apart > 1) {
#pragma GCC unroll 16
      for (int i = 0; i < apart / 2; ++i) v[i] = sum_halves<T, half>(v[i], v[i + apart / 2]);
    } else {
      v[0] = sum_halves<T, half>(v[0], v[0]);
    }
    sum_lanes<T, count, half / 2>(v, sums);
  }
}

/// The sums of all lanes of `count` vectors, each a tree whose shape depends on lanes<T> alone.
template <class T, int count>
[[gnu::always_inline]] inline void sum_each(const Vec<T>* v, T* sums) {
  constexpr int together = count >= lanes<T> ? lanes<T> : count >= 8 ? 8 : count >= 4 ? 4 : count >= 2 ? 2 : 1;
  Vec<T> some[together];
#pragma GCC unroll 16
  for (int i = 0; i < together; ++i) some[i] = v[i];
  sum_lanes<T, together, lanes<T> / 2>(some, sums);
  if constexpr (count > together) sum_each<T, count - together>(v + together, sums + together);
}

/// sums[i * columns + j] = row i of x times row j of y, over k elements. Vector v of the rows goes to chain v % chains.
template <class T, int rows, int columns, int chains>
void dot_tile(const T* x, int64_t ldx, const T* y, int64_t ldy, int64_t k, T* sums) {
  Vec<T> sum[chains][rows * columns];
  // Loops over registers must be unrolled, or the sums are kept in memory.
#pragma GCC unroll 8
  for (int c = 0; c < chains; ++c) {
#pragma GCC unroll 32
    for (int i = 0; i < rows * columns; ++i) sum[c][i] = Vec<T>(T{});
  }
  const auto add =
      [ x, ldx, y, ldy ](int64_t p, auto part, Vec<T>(&to)[rows * columns]) __attribute__((always_inline)) {
    Vec<T> u[rows];
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) u[i] = part.load(x + i * ldx + p, T{});
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j) {
      const Vec<T> w = part.load(y + j * ldy + p, T{});
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) to[i * columns + j] = multiply_add(u[i], w, to[i * columns + j]);
    }
  };
  int64_t p = 0;
  for (; p + chains * lanes<T> <= k; p += chains * lanes<T>) {
#pragma GCC unroll 8
    for (int c = 0; c < chains; ++c) add(p + c * lanes<T>, Whole<T>{}, sum[c]);
  }
  if constexpr (chains > 1) {
#pragma GCC unroll 8
    for (int c = 0; c < chains - 1; ++c) {
      if (k - p < lanes<T>) break;
      add(p, Whole<T>{}, sum[c]);
      p += lanes<T>;
    }
  }
  if (p < k) add(p, First<T>{k - p}, sum[chains - 1]);
#pragma GCC unroll 8
  for (int c = 1; c < chains; ++c) {
#pragma GCC unroll 32
    for (int i = 0; i < rows * columns; ++i) sum[0][i] += sum[c][i];
  }
  sum_each<T, rows * columns>(sum[0], sums);
}

template <class T>
using DotKernel = void (*)(const T* x, int64_t ldx, const T* y, int64_t ldy, int64_t k, T* sums);

/// The kernel of that many rows, at most `rows`.
template <class T, int columns, int rows = dot_rows>
inline DotKernel<T> dot_kernel_of(int64_t wanted) {
  if constexpr (rows > 1) {
    if (wanted < rows) return dot_kernel_of<T, columns, rows - 1>(wanted);
  }
  return dot_tile<T, rows, columns, 1>;
}
template <class T>
inline DotKernel<T> dot_kernel(int64_t rows, int64_t columns) {
  switch (columns) {
    case 2 * dot_columns: return dot_kernel_of<T, 2 * dot_columns, dot_rows / 2>(rows);
    case dot_columns: return dot_kernel_of<T, dot_columns>(rows);
    case 2: return dot_kernel_of<T, 2>(rows);
    default: return dot_kernel_of<T, 1>(rows);
  }
}
/// How many columns a tile has of those that are left.
inline int64_t columns_of_dots(int64_t rows, int64_t left) {
  if (rows <= dot_rows / 2 && left >= 2 * dot_columns) return 2 * dot_columns;
  return left >= dot_columns ? dot_columns : left >= 2 ? 2 : 1;
}

/// The sums of a tile into C, or onto it.
template <class T>
inline void put_sums(const T* sums, int64_t rows, int64_t columns, bool onto, const Place<T>& c) {
  for (int64_t i = 0; i < rows; ++i) {
    T* to = c.at + i * c.row;
    for (int64_t j = 0; j < columns; ++j, to += c.column) {
      *to = onto ? *to + sums[i * columns + j] : sums[i * columns + j];
    }
  }
}

/// C (+)= X Y^T over k elements, for rows of X and Y that lie along k. X has few, and stays in the near caches. A
/// `tiny` C has four chains for each element, which hide the time that a multiply-add takes; whether it is tiny depends
/// on the whole product's shape, not on the part at hand.
template <class T>
inline void multiply_dots(const T* x, int64_t ldx, int64_t m, const T* y, int64_t ldy, int64_t n, int64_t k, bool tiny,
                          bool onto, const Place<T>& c) {
  const int64_t groups = tiny ? m : (m + dot_rows - 1) / dot_rows;
  for (int64_t j = 0, columns; j < n; j += columns) {
    columns = tiny ? 1 : columns_of_dots(m, n - j);
    for (int64_t i = 0, rows, group = groups; group > 0; --group, i += rows) {
      rows = (m - i + group - 1) / group;
      const DotKernel<T> kernel = tiny ? dot_tile<T, 1, 1, 4> : dot_kernel<T>(rows, columns);
      T sums[dot_rows * dot_columns];
      kernel(x + i * ldx, ldx, y + j * ldy, ldy, k, sums);
      put_sums(sums, rows, columns, onto, Place<T>{c.at + i * c.row + j * c.column, c.row, c.column});
    }
  }
}

}  // namespace
}  // namespace xtape::kernels
