// Packing for products: parts of an operand copied into the order in which the innermost loop reads them. What is read
// in place instead gives the same bits.
#pragma once

#include <stdint.h>

#include "kernels/gemm.hpp"
#include "kernels/isa/gemm_tile.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

/// One operand, seen from C: element (i, p), where i counts rows or columns of C, is at[i * across + p * along]. One of
/// the distances is 1. Or it comes from a packer alone.
template <class T>
struct Operand {
  const T* at;
  int64_t across, along;
  Packer<T> packer;
  int64_t first = 0;  // of a packer's elements

  /// Without the first `count` elements.
  Operand from(int64_t count) const {
    return is_matrix() ? Operand{at + count * across, across, along, {}}
                       : Operand{at, across, along, packer, first + count};
  }
  bool is_matrix() const { return packer.pack == nullptr; }
  bool runs_across() const { return is_matrix() && across == 1; }
  bool runs_along() const { return is_matrix() && along == 1; }
};

template <class T>
inline Operand<T> operand_a(const Gemm<T>& g) {
  if (g.pack_a.pack) return {nullptr, 0, 0, g.pack_a};
  // A single row or column that is stored without gaps runs along k either way.
  if (g.m == 1 && g.trans_a && g.lda == 1) return {g.a, g.k, 1, {}};
  return g.trans_a ? Operand<T>{g.a, 1, g.lda, {}} : Operand<T>{g.a, g.lda, 1, {}};
}
template <class T>
inline Operand<T> operand_b(const Gemm<T>& g) {
  if (g.pack_b.pack) return {nullptr, 0, 0, g.pack_b};
  if (g.n == 1 && !g.trans_b && g.ldb == 1) return {g.b, g.k, 1, {}};
  return g.trans_b ? Operand<T>{g.b, g.ldb, 1, {}} : Operand<T>{g.b, 1, g.ldb, {}};
}

// What is packed is stored in whole vectors. Where one passes the end of a row of `to`, what follows is written later;
// behind the last row there must be room for one.

/// to[p * width + i] = x[i * ld + p] for i < count, p < k, and 0 for count <= i < width.
template <class T>
inline void pack_turned(const T* x, int64_t ld, int64_t count, int64_t k, int64_t width, T* to) {
  for (int64_t i = (width - 1) / lanes<T> * lanes<T>; i >= 0; i -= lanes<T>) {
    each_vector<T>(k, [=](int64_t p, auto part) {
      Vec<T> column[lanes<T>];
      turn_rows(x + i * ld + p, count - i, ld, part, column);
      T* const at = to + p * width + i;
      const int64_t steps = k - p;
#pragma GCC unroll 16
      for (int q = 0; q < lanes<T>; ++q) {
        if (q < steps) column[q].store_unaligned(at + q * width);
      }
    });
  }
}

/// A row of at most `width` elements, and 0 to its end.
template <class T>
inline void copy_row(const T* x, int64_t count, int64_t width, T* to) {
  for (int64_t i = 0; i < width; i += lanes<T>) {
    const int64_t left = count - i;
    const Vec<T> v = left >= lanes<T> ? Vec<T>::load_unaligned(x + i)
                     : left > 0       ? First<T>{left}.load(x + i, T{})
                                      : Vec<T>(T{});
    v.store_unaligned(to + i);
  }
}

/// Elements first to first + count, steps p to p + k, as Packer has it.
template <class T>
inline void pack(const Operand<T>& x, int64_t first, int64_t count, int64_t p, int64_t k, int64_t width, T* to) {
  if (!x.is_matrix()) return x.packer.pack(x.packer.source, x.first + first, count, p, k, width, to);
  const T* const from = x.at + first * x.across + p * x.along;
  if (x.along == 1) return pack_turned(from, x.across, count, k, width, to);
  for (int64_t q = 0; q < k; ++q) copy_row(from + q * x.along, count, width, to + q * width);
}

/// How wide the panel is of which `columns` are left: half as wide at the end if that will do.
template <class T>
inline int64_t panel_width(int64_t columns) {
  return columns > lanes<T> ? panel<T> : lanes<T>;
}

/// Columns j to j + n, panel after panel.
template <class T>
inline void pack_panels(const Operand<T>& x, int64_t j, int64_t n, int64_t p, int64_t k, T* to) {
  const int64_t whole = n / panel<T>;
  if (x.runs_across()) {  // along the rows of x, which may be far apart, and not down each panel
    for (int64_t q = 0; q < k; ++q) {
      const T* const from = x.at + j + (p + q) * x.along;
      for (int64_t at = 0; at < whole; ++at) {
#pragma GCC unroll 2
        for (int v = 0; v < panel_vectors; ++v) {
          Vec<T>::load_unaligned(from + at * panel<T> + v * lanes<T>)
              .store_unaligned(to + (at * k + q) * panel<T> + v * lanes<T>);
        }
      }
    }
  } else {
    for (int64_t at = 0; at < whole; ++at) {
      pack(x, j + at * panel<T>, panel<T>, p, k, panel<T>, to + at * panel<T> * k);
    }
  }
  const int64_t done = whole * panel<T>, rest = n - done;
  if (rest > 0) pack(x, j + done, rest, p, k, panel_width<T>(rest), to + done * k);
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

/// Rows i to i + m, strip after strip, each of which has room for the highest.
template <class T>
inline void pack_strips(const Operand<T>& x, int64_t i, int64_t m, int64_t p, int64_t k, T* to) {
  each_strip(m, [&x, i, p, k, &to](int64_t r, int64_t rows) {
    pack(x, i + r, rows, p, k, strip, to);
    to += strip * k;
  });
}

}  // namespace
}  // namespace xtape::kernels
