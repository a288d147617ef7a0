// Sums of the rows that belong to the same place: of float in double, of double with compensation.
#pragma once

#include <stdint.h>

#include "kernels/isa/reduce.hpp"

namespace xtape::kernels {
namespace {

/// Running sums, and for double what the additions have rounded away.
template <class T>
struct RunningSums {
  static constexpr bool exact = sizeof(T) == 8;
  double* sums;
  double* lost;

  template <class N>
  void clear(int64_t at, N n) const {
    for (int64_t i = at; i < at + n; ++i) {
      sums[i] = 0;
      if constexpr (exact) lost[i] = 0;
    }
  }
  template <class N>
  void add(const T* __restrict x, int64_t at, N n) const {
    double* __restrict s = sums + at;
    double* __restrict l = exact ? lost + at : nullptr;
    for (int64_t i = 0; i < n; ++i) {
      const double term = static_cast<double>(x[i]);
      if constexpr (exact) {  // Knuth's two-sum: the exact rounding error
        const double sum = s[i] + term, back = sum - s[i];
        l[i] += (s[i] - (sum - back)) + (term - back);
        s[i] = sum;
      } else {
        s[i] += term;
      }
    }
  }
  template <class N>
  void store(T* __restrict y, int64_t at, N n) const {
    for (int64_t i = at; i < at + n; ++i) {
      if constexpr (exact) {
        y[i] = lost[i] == lost[i] ? sums[i] + lost[i] : sums[i];  // an infinite sum has lost NaN
      } else {
        y[i] = static_cast<T>(sums[i]);
      }
    }
  }
};

/// The length of a row of one element, known to the compiler.
struct One {
  constexpr operator int64_t() const { return 1; }
};

template <class T, class N>
inline void scatter(const T* x, const int64_t* place, int64_t rows, N n, int64_t places, T* y, double* room) {
  const RunningSums<T> sums{room, room + places * n};
  if (places <= rows) {
    sums.clear(0, places * n);
  } else {
    for (int64_t k = 0; k < rows; ++k) sums.clear(place[k] * n, n);
  }
  for (int64_t k = 0; k < rows; ++k) sums.add(x + k * n, place[k] * n, n);
  if (places <= rows) {
    sums.store(y, 0, places * n);
  } else {
    for (int64_t k = 0; k < rows; ++k) sums.store(y, place[k] * n, n);
  }
}

template <class T>
void scatter_sums(const T* x, const int64_t* place, int64_t rows, int64_t n, int64_t places, T* y, double* room) {
  if (n == 1) {
    scatter(x, place, rows, One{}, places, y, room);
  } else {
    scatter(x, place, rows, n, places, y, room);
  }
}

/// A linked list of rows: `first` and next[k] are 1 + the number of a row, or 0 at the end.
struct ListedRows {
  const int64_t* next;
  int64_t first;
  template <class F>
  void each(F f) const {
    for (int64_t k = first; k != 0; k = next[k - 1]) f(k - 1);
  }
};

template <class T>
void list_sums(const T* x, const int64_t* place, const int64_t* first, const int64_t* next, int64_t rows, int64_t n,
               T* y) {
  for (int64_t k = 0; k < rows; ++k) {
    if (first[place[k]] == k + 1) sum_rows(x, ListedRows{next, k + 1}, n, y + place[k] * n);
  }
}

}  // namespace
}  // namespace xtape::kernels
