// C = A B or C += A B in float, on one thread: for AVX-512, where OpenBLAS 0.3.21 takes 5 to 15 % longer for the shapes
// of small classifiers. k is cut into equal parts of at most 400; each part of an element of C is one chain of fused
// multiply-adds in the order of k, begun with 0, and is then added to C. So the error grows as slowly as with BLAS, and
// however C is cut, its bits are the same. The blocks are those of Goto and van de Geijn ("Anatomy of high-performance
// matrix multiplication", ACM TOMS 2008), for row-major matrices: a panel of B in the near caches meets strip after
// strip of A, both packed in the order in which they are read.
#pragma once

#include <stdint.h>

#include "kernels/isa.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

// A strip of A and a panel of B have strip x 2 vectors of sums, which with one of each factor fill 31 registers.
constexpr int strip = 14, panel_vectors = 2;
constexpr int64_t panel = panel_vectors * lanes<float>;

// What is packed at a time, at most: of A 306 KiB, for the second cache, of B 800 KiB.
constexpr int64_t most_depth = 400, most_height = 14 * strip, most_columns = 16 * panel;
static_assert(most_depth * (most_height + most_columns) == gemm_room);

/// The length of equal parts of n, the last perhaps shorter, of at most `most`.
inline int64_t equal_part(int64_t n, int64_t most) {
  const int64_t parts = (n + most - 1) / most;
  return (n + parts - 1) / parts;
}

/// f(i, rows) for m rows in strips of nearly the same height.
template <class F>
inline void each_strip(int64_t m, F f) {
  int64_t i = 0;
  for (int64_t strips = (m + strip - 1) / strip; strips > 0; --strips) {
    const int64_t rows = (m - i + strips - 1) / strips;
    f(i, rows);
    i += rows;
  }
}

/// y[p width + i] = x_i[p] for i < count <= width, p < k. The x_i are rows that are ld apart, or, where they lie
/// `across`, columns of rows that are ld apart.
inline void pack(const float* x, int64_t ld, bool across, int64_t count, int64_t k, int64_t width, float* y) {
  const auto store = [](float* to, Vec<float> v, int64_t room) {
    if (room >= lanes<float>) return v.store_unaligned(to);
    First<float>{room}.store(to, v);
  };
  if (across) {
    for (int64_t p = 0; p < k; ++p, x += ld, y += width) {
      each_vector<float>(count, [=](int64_t i, auto part) { store(y + i, part.load(x + i, 0), width - i); });
    }
    return;
  }
  for (int64_t i = 0; i < count; i += lanes<float>) {
    each_vector<float>(k, [=](int64_t p, auto part) {
      Vec<float> column[lanes<float>];
      turn_rows(x + i * ld + p, count - i, ld, part, column);
#pragma GCC unroll 16
      for (int64_t q = 0; q < lanes<float>; ++q) {
        if (p + q < k) store(y + (p + q) * width + i, column[q], width - i);
      }
    });
  }
}

/// `rows` rows of C (+)= a packed strip and a packed panel, or half a panel.
template <int rows, int vectors>
inline void multiply_whole(const float* a, const float* b, int64_t k, bool onto, float* c, int64_t ldc) {
  Vec<float> y[rows][vectors];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      y[i][v] = Vec<float>(0.0f);
      __builtin_prefetch(c + i * ldc + v * lanes<float>, 1);  // on its way meanwhile: a tenth of the time for small k
    }
  }
  for (; k > 0; --k, a += strip, b += vectors * lanes<float>) {
    Vec<float> w[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) w[v] = Vec<float>::load_unaligned(b + v * lanes<float>);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const Vec<float> x(a[i]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) y[i][v] = multiply_add(x, w[v], y[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      float* const at = c + i * ldc + v * lanes<float>;
      (onto ? Vec<float>::load_unaligned(at) + y[i][v] : y[i][v]).store_unaligned(at);
    }
  }
}

/// The same for the first `columns` of the panel.
template <int rows, int vectors>
void multiply(const float* a, const float* b, int64_t k, bool onto, float* c, int64_t ldc, int64_t columns) {
  constexpr int width = vectors * lanes<float>;
  if (columns == width) return multiply_whole<rows, vectors>(a, b, k, onto, c, ldc);
  float part[rows * width] = {};
  for (int i = 0; onto && i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) part[i * width + j] = c[i * ldc + j];
  }
  multiply_whole<rows, vectors>(a, b, k, onto, part, width);
  for (int i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) c[i * ldc + j] = part[i * width + j];
  }
}

/// The one for that many rows.
template <int vectors, int most = strip, class... Arguments>
inline void multiply_rows(int64_t rows, Arguments... arguments) {
  if constexpr (most > 0) {
    if (rows == most) return multiply<most, vectors>(arguments...);
    multiply_rows<vectors, most - 1>(rows, arguments...);
  }
}

/// Columns j to j + n of op(B), of which the rows p to p + k: panel after panel, the last one half as wide if that
/// will do.
inline void pack_b(const Gemm<float>& g, int64_t j, int64_t n, int64_t p, int64_t k, float* b) {
  for (int64_t end = j + n; j < end; j += panel, b += panel * k) {
    const int64_t columns = end - j < panel ? end - j : panel;
    const float* from = g.b + (g.trans_b ? j * g.ldb + p : p * g.ldb + j);
    pack(from, g.ldb, !g.trans_b, columns, k, columns > lanes<float> ? panel : lanes<float>, b);
  }
}

/// Rows i to i + m of op(A), of which the columns p to p + k: strip after strip.
inline void pack_a(const Gemm<float>& g, int64_t i, int64_t m, int64_t p, int64_t k, float* a) {
  each_strip(m, [&g, i, p, k, &a](int64_t r, int64_t rows) {
    pack(g.a + (g.trans_a ? p * g.lda + i + r : (i + r) * g.lda + p), g.lda, g.trans_a, rows, k, strip, a);
    a += strip * k;
  });
}

/// C (m x n) (+)= what is packed.
inline void multiply_packed(int64_t m, int64_t n, int64_t k, const float* a, const float* b, bool onto, float* c,
                            int64_t ldc) {
  for (int64_t j = 0; j < n; j += panel, b += panel * k) {
    const int64_t columns = n - j < panel ? n - j : panel;
    const float* from = a;
    each_strip(m, [=, &from](int64_t i, int64_t rows) {
      if (columns > lanes<float>) {
        multiply_rows<panel_vectors>(rows, from, b, k, onto, c + i * ldc + j, ldc, columns);
      } else {
        multiply_rows<1>(rows, from, b, k, onto, c + i * ldc + j, ldc, columns);
      }
      from += strip * k;
    });
  }
}

void gemm(const Gemm<float>& g, float* room) {
  float *const b = room, *const a = room + most_depth * most_columns;
  const int64_t depth = equal_part(g.k, most_depth), height = equal_part(g.m, most_height);
  for (int64_t j = 0; j < g.n; j += most_columns) {
    const int64_t n = g.n - j < most_columns ? g.n - j : most_columns;
    for (int64_t p = 0; p < g.k; p += depth) {
      const int64_t k = g.k - p < depth ? g.k - p : depth;
      pack_b(g, j, n, p, k, b);
      for (int64_t i = 0; i < g.m; i += height) {
        const int64_t m = g.m - i < height ? g.m - i : height;
        pack_a(g, i, m, p, k, a);
        multiply_packed(m, n, k, a, b, g.accumulate || p > 0, g.c + i * g.ldc + j, g.ldc);
      }
    }
  }
}

}  // namespace
}  // namespace xtape::kernels
