// Products with the windows of images. Row p of such a matrix of windows is not stored: it begins at source + offset[p]
// and is as long as the product needs, because windows beside one another see elements beside one another. See
// kernels/convolution.cpp, which lays images out so.
#pragma once

#include <stdint.h>
#include <string.h>

#include "kernels/isa/gemm_dots.hpp"
#include "kernels/isa/gemm_tile.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

// ---- weight times windows ------------------------------------------------------------------------------------------

/// out (rows x count tiles) = weight (k x rows) ^T windows, or onto it. Each element is one chain of multiply-adds.
template <class T, int rows, int vectors>
void window_tiles(const T* weight, const T* source, const int64_t* offset, int64_t k, int64_t count, bool onto, T* out,
                  int64_t ld) {
  for (; count > 0; --count, source += vectors * lanes<T>, out += vectors * lanes<T>) {
    Vec<T> sum[rows][vectors];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[i][v] = Vec<T>(T{});
    }
    const T* a = weight;
    for (int64_t p = 0; p < k; ++p, a += rows) {
      const T* const at = source + offset[p];
      Vec<T> w[vectors];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) w[v] = Vec<T>::load_unaligned(at + v * lanes<T>);
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const Vec<T> x(a[i]);
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) sum[i][v] = multiply_add(x, w[v], sum[i][v]);
      }
    }
    T* c = out;
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i, c += ld) {
      asm("" : "+r"(c));  // else the addresses of all rows are computed first, and kept in memory
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        T* const to = c + v * lanes<T>;
        (onto ? Vec<T>::load_unaligned(to) + sum[i][v] : sum[i][v]).store_unaligned(to);
      }
    }
  }
}

template <class T>
using WindowTiles = void (*)(const T* weight, const T* source, const int64_t* offset, int64_t k, int64_t count,
                             bool onto, T* out, int64_t ld);
/// Tiles of one height: where there are enough columns, and the panels that are left.
template <class T>
struct WindowKernels {
  WindowTiles<T> wide, panel;
  int64_t width;  // of the wide ones
};
template <class T, int rows>
inline WindowKernels<T> window_kernels_of() {
  constexpr int vectors = widest_tile(rows) / panel_vectors * panel_vectors;
  return {window_tiles<T, rows, vectors>, window_tiles<T, rows, panel_vectors>, vectors * lanes<T>};
}

/// The height of the next strip of `left` rows: few heights, for each is code of its own, whose tiles are large enough
/// for the time that a multiply-add takes.
inline int64_t window_rows(int64_t left) {
  return left >= strip ? strip : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}
template <class T>
inline WindowKernels<T> window_kernels(int64_t rows) {
  switch (rows) {
    case strip: return window_kernels_of<T, strip>();
#if defined(__AVX512F__)
    case 8: return window_kernels_of<T, 8>();
#endif
#if defined(__AVX2__) || defined(__aarch64__)
    case 4: return window_kernels_of<T, 4>();
#endif
    case 2: return window_kernels_of<T, 2>();
    default: return window_kernels_of<T, 1>();
  }
}

/// As FloatKernels has it.
template <class T>
void multiply_windows(const T* weight, int64_t m, const T* source, const int64_t* offset, int64_t k, int64_t columns,
                      bool onto, T* out, int64_t ld) {
  for (int64_t i = 0, rows; i < m; i += rows) {
    rows = window_rows(m - i);
    const WindowKernels<T> kernels = window_kernels<T>(rows);
    const int64_t whole = columns / kernels.width, done = whole * kernels.width;
    kernels.wide(weight + i * k, source, offset, k, whole, onto, out + i * ld, ld);
    kernels.panel(weight + i * k, source + done, offset, k, (columns - done + panel<T> - 1) / panel<T>, onto,
                  out + i * ld + done, ld);
  }
}

/// As FloatKernels has it. The last vector of a row may overlap the one before.
template <class T>
void put_rows(const T* from, int64_t ld_from, int64_t rows, int64_t count, const T* bias, T* to, int64_t ld_to) {
  if (count < lanes<T>) {
    const First<T> part{count};
    for (int64_t i = 0; i < rows; ++i, from += ld_from, to += ld_to) {
      const Vec<T> v = part.load(from, T{});
      part.store(to, bias ? v + Vec<T>(bias[i]) : v);
    }
    return;
  }
  for (int64_t i = 0; i < rows; ++i, from += ld_from, to += ld_to) {
    const Vec<T> b(bias ? bias[i] : T{});
    const auto put = [=](int64_t j) {
      const Vec<T> v = Vec<T>::load_unaligned(from + j);
      (bias ? v + b : v).store_unaligned(to + j);
    };
    for (int64_t j = 0; j + lanes<T> < count; j += lanes<T>) put(j);
    put(count - lanes<T>);
  }
}

/// to[j] = p[2 j] for j in [0, n); nothing beyond p[2 n - 2] is read.
template <class T, int... c>
inline void put_every_second_of(const T* p, T* to, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  typedef T Lanes __attribute__((vector_size(n * sizeof(T))));
  Lanes low, high;
  memcpy(&low, p, sizeof low);
  memcpy(&high, p + n - 1, sizeof high);
  low = __builtin_shufflevector(low, high, (c < n / 2 ? 2 * c : 2 * c + 1)...);
  memcpy(to, &low, sizeof low);
}
/// By n at a time, or as many as a row has. The last vector may overlap the one before.
template <class T, int n>
void put_second_elements(const T* from, int64_t ld_from, int64_t rows, int64_t count, T* to, int64_t ld_to) {
  if constexpr (n > 2) {
    if (count < n) return put_second_elements<T, n / 2>(from, ld_from, rows, count, to, ld_to);
  }
  for (int64_t i = 0; i < rows; ++i, from += ld_from, to += ld_to) {
    for (int64_t j = 0; j < count; j += n) {
      if (count < n) {
        *to = *from;
        break;
      }
      if (j > count - n) j = count - n;
      put_every_second_of(from + 2 * j, to + j, std::make_integer_sequence<int, n>());
    }
  }
}
/// As FloatKernels has it.
template <class T>
void put_every_second(const T* from, int64_t ld_from, int64_t rows, int64_t count, T* to, int64_t ld_to) {
  put_second_elements<T, lanes<T>>(from, ld_from, rows, count, to, ld_to);
}

// ---- gradients times windows ---------------------------------------------------------------------------------------

// The largest tile: its sums, one operand's vectors and one of the other's fill the registers. Filters often come in
// fours, and the taps of a kernel in threes.
constexpr int window_dot_rows = 4;
#if defined(__AVX512F__)
constexpr int window_dot_columns = 6;
#elif defined(__AVX2__) || defined(__aarch64__)
constexpr int window_dot_columns = 3;
#else
constexpr int window_dot_columns = 2;
#endif

/// sums[i * columns + j] = row i of g times row j of the windows, over k elements.
template <class T, int rows, int columns>
void window_dots(const T* g, int64_t ld, const T* source, const int64_t* offset, int64_t k, T* sums) {
  Vec<T> sum[rows * columns];
#pragma GCC unroll 32
  for (int i = 0; i < rows * columns; ++i) sum[i] = Vec<T>(T{});
  const T* row[columns];
#pragma GCC unroll 8
  for (int j = 0; j < columns; ++j) row[j] = source + offset[j];
  const auto add = [ g, ld, &row, &sum ](int64_t p, auto part) __attribute__((always_inline)) {
    if constexpr (rows < columns) {
      Vec<T> u[rows];
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) u[i] = part.load(g + i * ld + p, T{});
#pragma GCC unroll 8
      for (int j = 0; j < columns; ++j) {
        const Vec<T> w = part.load(row[j] + p, T{});
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i) sum[i * columns + j] = multiply_add(u[i], w, sum[i * columns + j]);
      }
    } else {
      Vec<T> w[columns];
#pragma GCC unroll 8
      for (int j = 0; j < columns; ++j) w[j] = part.load(row[j] + p, T{});
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
        const Vec<T> u = part.load(g + i * ld + p, T{});
#pragma GCC unroll 8
        for (int j = 0; j < columns; ++j) sum[i * columns + j] = multiply_add(u, w[j], sum[i * columns + j]);
      }
    }
  };
  int64_t p = 0;
  for (; p + lanes<T> <= k; p += lanes<T>) add(p, Whole<T>{});
  if (p < k) add(p, First<T>{k - p});
  sum_each<T, rows * columns>(sum, sums);
}

template <class T>
using WindowDots = void (*)(const T* g, int64_t ld, const T* source, const int64_t* offset, int64_t k, T* sums);
template <class T, int rows>
inline WindowDots<T> window_dots_of_rows(int64_t columns) {
  if constexpr (window_dot_columns > 3) {
    if (columns == 3) return window_dots<T, rows, 3>;
  }
  return columns == 1 ? window_dots<T, rows, 1> : window_dots<T, rows, window_dot_columns>;
}

/// As FloatKernels has it.
template <class T>
void dot_windows(const T* g, int64_t ld, int64_t m, const T* source, const int64_t* offset, int64_t n, int64_t k,
                 T* sums, int64_t ld_sums) {
  for (int64_t i = 0, rows; i < m; i += rows) {
    rows = m - i >= window_dot_rows ? window_dot_rows : 1;
    for (int64_t j = 0, columns; j < n; j += columns) {
      columns = n - j >= window_dot_columns ? window_dot_columns : window_dot_columns > 3 && n - j >= 3 ? 3 : 1;
      T tile[window_dot_rows * window_dot_columns];
      const WindowDots<T> dots =
          rows == 1 ? window_dots_of_rows<T, 1>(columns) : window_dots_of_rows<T, window_dot_rows>(columns);
      dots(g + i * ld, ld, source, offset + j, k, tile);
      put_sums(tile, rows, columns, true, Place<T>{sums + i * ld_sums + j, ld_sums, 1});
    }
  }
}

}  // namespace
}  // namespace xtape::kernels
