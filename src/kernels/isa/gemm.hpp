// C = A B or C += A B on one thread. The whole product's shape decides how: by tiles (gemm_tile.hpp), where vectors go
// along C's rows or, for C^T = B^T A^T, down its columns; or as dot products (gemm_dots.hpp), where vectors go along k.
// k is cut into equal parts; each is summed anew and then added to C, so that many terms keep their digits. So the bits
// of an element of C depend on the product's shape and values alone, not on the part of C at hand or on what is packed.
// The blocks are those of Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", ACM TOMS 2008),
// for row-major matrices: a panel in the near caches meets strip after strip.
#pragma once

#include <stdint.h>

#include "kernels/gemm.hpp"
#include "kernels/isa.hpp"
#include "kernels/isa/gemm_dots.hpp"
#include "kernels/isa/gemm_pack.hpp"
#include "kernels/isa/gemm_short.hpp"
#include "kernels/isa/gemm_tile.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

// What is packed at a time, at most: strips for the second cache, panels for the third.
#if defined(__AVX512F__)
constexpr int64_t most_depth = 400, most_height = 14 * strip, most_panels = 16;
#else
constexpr int64_t most_depth = 384, most_height = 16 * strip, most_panels = 64;
#endif
template <class T>
constexpr int64_t most_columns{most_panels * panel<T>};
template <class T>
constexpr int64_t multiply_room{lanes<T> + most_depth * (most_height + most_columns<T>)};

// Of dot products: what stays in the first cache, the most rows of the smaller operand, and how much longer a step of a
// tile takes, in quarters: with SSE2 an element is not spread over a vector in one instruction.
constexpr int64_t most_dot_depth = 1024;
#if defined(__AVX2__) || defined(__aarch64__)
constexpr int64_t most_dot_rows = 64, tile_step = 4;
#else
constexpr int64_t most_dot_rows = 256, tile_step = 5;
#endif
// Of a tiny product, where nothing is read twice: chains as long as there are parts, at k = 10^6.
constexpr int64_t most_tiny_depth = 4096, tiny_elements = 4;

/// The length of equal parts of n, the last perhaps shorter, of at most `most`.
inline int64_t equal_part(int64_t n, int64_t most) {
  const int64_t parts = (n + most - 1) / most;
  return (n + parts - 1) / parts;
}
inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// ---- what is chosen, by the whole product's shape ------------------------------------------------------------------

/// Whether vectors along k take less time than vectors along the shorter side of C, of whose lanes some are idle, and
/// whose operand must be turned if it runs along k.
template <class T>
inline bool suits_dots(const Gemm<T>& g, const Operand<T>& a, const Operand<T>& b) {
  const Operand<T>&few = g.m <= g.n ? a : b, &many = g.m <= g.n ? b : a;
  const int64_t rows = smaller(g.m, g.n);
  if (!many.runs_along() || !few.is_matrix() || rows > most_dot_rows) return false;
  const int64_t sum_of_lanes = 4, turn = few.runs_along() ? 4 : 0, others = g.m <= g.n ? g.n : g.m;  // multiply-adds
  const int64_t by_dots = (round_up(g.k, lanes<T>) / lanes<T> + sum_of_lanes) * rows * others;
  const int64_t by_tiles = g.k * (round_up(rows, lanes<T>) / lanes<T>)*(others + turn);
  return 4 * by_dots < tile_step * by_tiles;
}

/// Whether vectors go down the columns of C.
template <class T>
inline bool suits_columns(const Gemm<T>& g, const Operand<T>& a, const Operand<T>& b) {
  if (a.runs_across() != b.runs_across()) return a.runs_across();
  if (a.runs_across()) {  // both: where fewer lanes are idle
    return round_up(g.m, lanes<T>) * g.n * 9 < round_up(g.n, lanes<T>) * g.m * 8;
  }
  return g.m * (g.k + g.n) < g.n * g.k;  // what is packed and turned, C among it
}

// ---- by dot products -----------------------------------------------------------------------------------------------

/// C (m x n) (+)= X Y^T, where Y runs along k and X has few rows. `tiny`: the whole C has at most tiny_elements.
template <class T>
inline void multiply_by_dots(const Operand<T>& x, int64_t m, const Operand<T>& y, int64_t n, int64_t k, bool tiny,
                             bool accumulate, const Place<T>& c, T* room) {
  const int64_t depth = round_up(equal_part(k, tiny ? most_tiny_depth : most_dot_depth), lanes<T>);
  for (int64_t p = 0; p < k; p += depth) {
    const int64_t length = smaller(k - p, depth);
    const T* rows = x.at + p * x.along;
    if (!x.runs_along()) pack_turned(rows, x.along, length, m, depth, room);
    multiply_dots(x.runs_along() ? rows : room, x.runs_along() ? x.across : depth, m, y.at + p, y.across, n, length,
                  tiny, accumulate || p > 0, c);
  }
}

// ---- by tiles ------------------------------------------------------------------------------------------------------

/// A block of one operand: packed, or read where it is.
template <class T>
struct Block {
  const Operand<T>& x;
  int64_t first, count, p, k;
  T* packed;
  bool in_place;
};

constexpr int64_t most_rows_in_place = strip < 6 ? 12 : 2 * strip;
constexpr int64_t short_depth = 128;       // of panels of which several stay in the first cache
constexpr int64_t near_caches = 32 << 10;  // bytes

/// Panels that run across are read in place where to pack them does not pay: for one or two strips (SSE2: three), and
/// for some more where they are short. (Rows of B that are a power of two apart share a few lines of the first cache.)
template <class T>
inline bool reads_panels_in_place(const Operand<T>& x, int64_t rows, int64_t k) {
  return x.runs_across() && (rows <= most_rows_in_place || (rows <= 12 * strip && k <= 16));
}
template <class T>
inline bool reads_strips_in_place(const Operand<T>& x, int64_t columns, int64_t k) {
  if (!x.is_matrix()) return false;
  return x.runs_across() ? k <= 16 || columns <= 4 * panel<T> : columns <= 16 * panel<T>;
}

template <class T>
inline StripOf<T> strip_at(const Block<T>& a, int64_t i, int64_t index) {
  if (!a.in_place) return {a.packed + index * strip * a.k, 1, strip};
  return {a.x.at + (a.first + i) * a.x.across + a.p * a.x.along, a.x.across, a.x.along};
}

/// Panels of equal width, of which `columns` columns are the block's.
template <class T>
struct Panels {
  PanelsOf<T> at;
  int64_t width, columns;
};
/// As many as are equally wide of those from column j to `end`, which is the block's end or some whole panels from j.
template <class T>
inline Panels<T> panels_at(const Block<T>& b, int64_t j, int64_t end, int64_t wide) {
  const int64_t left = end - j;
  if (!b.in_place) {
    const int64_t width = panel_width<T>(left);
    return {{b.packed + j * b.k, width, width * b.k}, width, left >= width ? left / width * width : left};
  }
  if (left < lanes<T>) return {{b.packed, lanes<T>, 0}, lanes<T>, left};
  const int64_t width = left >= wide ? wide : left >= panel<T> ? panel<T> : lanes<T>;
  return {{b.x.at + b.first + j + b.p * b.x.along, b.x.along, width}, width, left / width * width};
}

/// Packs what is not read in place: of panels that are, the last columns that fill no vector, for nothing behind the
/// end of an array is read.
template <class T>
inline void pack_panels(const Block<T>& b) {
  if (!b.in_place) return pack_panels(b.x, b.first, b.count, b.p, b.k, b.packed);
  const int64_t rest = b.count % lanes<T>;
  if (rest > 0) pack(b.x, b.first + b.count - rest, rest, b.p, b.k, lanes<T>, b.packed);
}

/// One strip, `rows` high, by the panels that begin at column j.
template <class T>
inline void multiply_pair(const StripOf<T>& a, int64_t rows, const Panels<T>& b, int64_t k, bool onto,
                          const Place<T>& c) {
  const TileKernels<T>& kernels = tile_kernels<T>(rows);
  const TileKernel<T> kernel = b.width == panel<T> ? kernels.panel : b.width == lanes<T> ? kernels.one : kernels.widest;
  multiply_into(kernel, a, rows, b.at, b.width, b.columns, k, onto, c);
}

/// How many columns of C are made before the next ones: those of one long panel, which stays in the first cache; all,
/// where C is walked along its rows because panels are short or met but once; and as many as stay in the near caches
/// where panels in place are met again.
template <class T>
inline int64_t columns_at_a_time(const Block<T>& a, const Block<T>& b) {
  if (!b.in_place) return b.k <= short_depth ? round_up(b.count, panel<T>) : panel<T>;
  if (a.count <= strip) return round_up(b.count, panel<T>);
  return round_up(near_caches / static_cast<int64_t>(sizeof(T)) / b.k, 4 * panel<T>);
}

/// C (+)= a b, both of which have k steps.
template <class T>
inline void multiply_blocks(const Block<T>& a, const Block<T>& b, bool onto, const Place<T>& c) {
  const int64_t wide = a.count <= strip ? widest_tile(static_cast<int>(a.count)) * lanes<T> : panel<T>;
  const int64_t columns = columns_at_a_time(a, b);
  for (int64_t first = 0; first < b.count; first += columns) {
    const int64_t end = smaller(b.count, first + columns);
    int64_t index = 0;
    each_strip(a.count, [&a, &b, &c, &index, wide, onto, first, end](int64_t i, int64_t rows) {
      const StripOf<T> at = strip_at(a, i, index++);
      for (int64_t j = first; j < end;) {
        const Panels<T> here = panels_at(b, j, end, wide);
        multiply_pair(at, rows, here, b.k, onto, Place<T>{c.at + i * c.row + j * c.column, c.row, c.column});
        j += here.columns;
      }
    });
  }
}

/// C (m x n) (+)= A B, where vectors go along B's columns.
template <class T>
inline void multiply_by_tiles(const Operand<T>& x, int64_t m, const Operand<T>& y, int64_t n, int64_t k,
                              bool accumulate, const Place<T>& c, T* room) {
  if (k <= most_short_steps && y.runs_across() && x.is_matrix() && c.column == 1) {
    return sweep_rows_of<T>(k, {x.at, x.across, x.along}, m, {y.at, y.along, 0}, n, accumulate, c.at, c.row);
  }
  T *const panels = room, *const strips = room + most_depth * most_columns<T>;
  const int64_t depth = equal_part(k, most_depth), height = equal_part(m, most_height);
  const bool panels_in_place = reads_panels_in_place(y, m, k), strips_in_place = reads_strips_in_place(x, n, k);
  for (int64_t j = 0; j < n; j += most_columns<T>) {
    for (int64_t p = 0; p < k; p += depth) {
      const Block<T> b{y, j, smaller(n - j, most_columns<T>), p, smaller(k - p, depth), panels, panels_in_place};
      pack_panels(b);
      for (int64_t i = 0; i < m; i += height) {
        const Block<T> a{x, i, smaller(m - i, height), p, b.k, strips, strips_in_place};
        if (!strips_in_place) pack_strips(x, i, a.count, p, a.k, strips);
        multiply_blocks(a, b, accumulate || p > 0, {c.at + i * c.row + j * c.column, c.row, c.column});
      }
    }
  }
}

// ---- the product ---------------------------------------------------------------------------------------------------

template <class T>
void multiply(const Gemm<T>& g, const GemmPart& part, T* room) {
  const Operand<T> whole_a = operand_a(g), whole_b = operand_b(g);
  const bool dots = suits_dots(g, whole_a, whole_b);
  const bool turned = dots ? g.m > g.n : suits_columns(g, whole_a, whole_b);
  const Operand<T> a = whole_a.from(part.i), b = whole_b.from(part.j);
  T* const c = g.c + part.i * g.ldc + part.j;
  const Place<T> along{c, g.ldc, 1}, down{c, 1, g.ldc};
  if (dots) {
    const bool tiny = g.m * g.n <= tiny_elements;
    if (turned) return multiply_by_dots(b, part.n, a, part.m, g.k, tiny, g.accumulate, down, room);
    return multiply_by_dots(a, part.m, b, part.n, g.k, tiny, g.accumulate, along, room);
  }
  if (turned) return multiply_by_tiles(b, part.n, a, part.m, g.k, g.accumulate, down, room);
  multiply_by_tiles(a, part.m, b, part.n, g.k, g.accumulate, along, room);
}

}  // namespace
}  // namespace xtape::kernels
