// The innermost loop of a product: a tile of C in registers. A strip of rows meets a panel of one or more vectors of
// columns, and k steps of multiply-adds are summed without touching memory. Each element of the tile is one chain of
// multiply-adds in the order of k, begun with 0, whatever the tile's size and wherever its operands lie.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

// The sums of a strip and a panel, with one vector of each operand, must fit the registers: 32 of them with AVX-512 and
// on 64-bit ARM, 16 elsewhere.
#if defined(__AVX512F__)
constexpr int strip = 14;
#elif defined(__AVX2__) || defined(__aarch64__)
constexpr int strip = 6;
#else
constexpr int strip = 4;  // without fused multiply-adds, products take a register, too
#endif
constexpr int panel_vectors = 2;
template <class T>
constexpr int64_t panel{panel_vectors * lanes<T>};

/// How many vectors wide a tile of few rows can be: long runs of a matrix that is read in place.
constexpr int widest_tile(int rows) {
  const int vectors = strip * panel_vectors / rows;
  return vectors > 8 ? 8 : vectors < panel_vectors ? panel_vectors : vectors;
}

/// Element (i, p) of a strip is at[i * row + p * step].
template <class T>
struct StripOf {
  const T* at;
  int64_t row, step;
};
/// Panels of equal width: the vectors of panel q begin at at + q * next + p * step.
template <class T>
struct PanelsOf {
  const T* at;
  int64_t step, next;
};

/// c (rows x vectors) = a b, or c += a b, where b begins at `at`.
template <class T, int rows, int vectors>
[[gnu::always_inline]] inline void multiply_tile(const StripOf<T>& a, const T* at, int64_t b_step, int64_t k, bool onto,
                                                 T* c, int64_t ldc) {
  Vec<T> sum[rows][vectors];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sum[i][v] = Vec<T>(T{});
  }
  // C is on its way meanwhile, line after line, unless there is no time for it.
  constexpr int vectors_of_a_line = 64 / (static_cast<int>(sizeof(T)) * lanes<T>);
  if (k > 16) {
    const T* line = c;
#pragma GCC unroll 1
    for (int i = 0; i < rows; ++i, line += ldc) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v += vectors_of_a_line) __builtin_prefetch(line + v * lanes<T>, 1);
    }
  }
  // One pointer serves three rows, at offsets of 0, 1 and 2 distances, which x86 addresses without arithmetic.
  constexpr int groups = (rows + 2) / 3;
  const T* group[groups];
#pragma GCC unroll 8
  for (int q = 0; q < groups; ++q) group[q] = a.at + 3 * q * a.row;
  const int64_t row = a.row, a_step = a.step;
  for (; k > 0; --k, at += b_step) {
    Vec<T> w[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) w[v] = Vec<T>::load_unaligned(at + v * lanes<T>);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const Vec<T> x(group[i / 3][i % 3 * row]);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[i][v] = multiply_add(x, w[v], sum[i][v]);
    }
#pragma GCC unroll 8
    for (int q = 0; q < groups; ++q) group[q] += a_step;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i, c += ldc) {
    asm("" : "+r"(c));  // else the addresses of all rows are computed first, and kept in memory
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      T* const to = c + v * lanes<T>;
      (onto ? Vec<T>::load_unaligned(to) + sum[i][v] : sum[i][v]).store_unaligned(to);
    }
  }
}

/// The same for `count` panels and the tiles beside one another.
template <class T, int rows, int vectors>
void multiply_tiles(const StripOf<T>& a, const PanelsOf<T>& b, int64_t count, int64_t k, bool onto, T* c, int64_t ldc) {
  const StripOf<T> strip_a = a;
  const int64_t step = b.step, next = b.next;
  for (const T* at = b.at; count > 0; --count, at += next, c += vectors * lanes<T>) {
    multiply_tile<T, rows, vectors>(strip_a, at, step, k, onto, c, ldc);
  }
}

template <class T>
using TileKernel = void (*)(const StripOf<T>& a, const PanelsOf<T>& b, int64_t count, int64_t k, bool onto, T* c,
                            int64_t ldc);

/// The kernels of one number of rows, by the width of their tiles.
template <class T>
struct TileKernels {
  TileKernel<T> widest, panel, one;
};
template <class T, class Rows>
struct TileTable;
template <class T, int... r>
struct TileTable<T, std::integer_sequence<int, r...>> {
  static constexpr TileKernels<T> of_rows[] = {{multiply_tiles<T, r + 1, widest_tile(r + 1)>,
                                                multiply_tiles<T, r + 1, panel_vectors>,
                                                multiply_tiles<T, r + 1, 1>}...};
};
template <class T>
inline const TileKernels<T>& tile_kernels(int64_t rows) {
  return TileTable<T, std::make_integer_sequence<int, strip>>::of_rows[rows - 1];
}

/// Where the elements of C are: (i, j) at at[i * row + j * column]; one of the distances is 1.
template <class T>
struct Place {
  T* at;
  int64_t row, column;
};

/// The first `columns` of a tile of `width` columns, into C or onto it.
template <class T>
inline void put_tile(const T* tile, int64_t width, int64_t rows, int64_t columns, bool onto, const Place<T>& c) {
  if (c.column == 1) {
    for (int64_t i = 0; i < rows; ++i) {
      each_vector<T>(columns, [=](int64_t j, auto part) {
        T* const to = c.at + i * c.row + j;
        const Vec<T> y = part.load(tile + i * width + j, T{});
        part.store(to, onto ? part.load(to, T{}) + y : y);
      });
    }
    return;
  }
  if (rows <= 4) {  // too few to be worth turning
    for (int64_t j = 0; j < columns; ++j) {
      for (int64_t i = 0; i < rows; ++i) {
        T* const to = c.at + i * c.row + j * c.column;
        *to = onto ? *to + tile[i * width + j] : tile[i * width + j];
      }
    }
    return;
  }
  each_vector<T>(rows, [=](int64_t i, auto part) {
    const int64_t count = rows - i < lanes<T> ? rows - i : lanes<T>;
    for (int64_t v = 0; v < columns; v += lanes<T>) {
      Vec<T> column[lanes<T>];
      turn_rows(tile + i * width + v, count, width, Whole<T>{}, column);
      for (int64_t j = 0; j < lanes<T> && v + j < columns; ++j) {
        T* const to = c.at + i * c.row + (v + j) * c.column;
        part.store(to, onto ? part.load(to, T{}) + column[j] : column[j]);
      }
    }
  });
}

/// A strip and panels into their place in C, of which the last may pass the end: `columns` in all are C's.
template <class T>
inline void multiply_into(TileKernel<T> kernel, const StripOf<T>& a, int64_t rows, PanelsOf<T> b, int64_t width,
                          int64_t columns, int64_t k, bool onto, Place<T> c) {
  if (c.column == 1 && columns % width == 0) return kernel(a, b, columns / width, k, onto, c.at, c.row);
  T tile[strip * panel_vectors * lanes<T>];
  for (; columns > 0; columns -= width, b.at += b.next, c.at += width * c.column) {
    kernel(a, b, 1, k, false, tile, width);
    put_tile(tile, width, rows, columns < width ? columns : width, onto, c);
  }
}

}  // namespace
}  // namespace xtape::kernels
