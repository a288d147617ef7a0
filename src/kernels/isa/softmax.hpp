// Softmax, its logarithm, the logarithm of its denominator, and their gradients, over contiguous rows of n elements.
// The maximum is taken per row, so that nothing overflows; a row of softmax or log_softmax that holds NaN or +inf, or
// only -inf, becomes NaN, and no other row does. Sums are in double. Arguments of exp are at most 0, except for
// rounding.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

/// The largest element, or any other if one is NaN; -inf for n = 0.
template <class T>
inline T largest(const T* x, int64_t n) {
  Vec<T> m(-infinity<T>);
  each_vector<T>(n, [&m, x](int64_t i, auto part) { m = xsimd::max(m, part.load(x + i, -infinity<T>)); });
  return largest_lane<T>(m);
}

/// The sum of exp(x - m); keep(i, part, e) gets each vector of exponentials e.
template <class T, class Keep>
inline double sum_of_exp(const T* x, int64_t n, T m, Keep keep) {
  WideSum<T> total;
  each_vector<T>(n, [&total, x, m, keep](int64_t i, auto part) {
    const Vec<T> e = exponential(part.load(x + i, -infinity<T>) - Vec<T>(m));
    total.add(e);
    keep(i, part, e);
  });
  return total.total();
}

/// f(first, count) for groups of rows of n elements.
template <class F>
inline void each_group(int64_t rows, int64_t n, F f) {
  const int64_t step = rows_at_a_time(n);
  for (int64_t first = 0; first < rows; first += step) f(first, rows - first < step ? rows - first : step);
}

/// For each row of a group its maximum m and sum exp(x - m). In two passes: while a CPU waits for one row's maximum, it
/// can start on the next row's, but a row's sum in between would be too long to look past.
template <class T>
inline void group_totals(const T* x, int64_t rows, int64_t n, T* m, double* total) {
  for (int64_t r = 0; r < rows; ++r) m[r] = largest(x + r * n, n);
  for (int64_t r = 0; r < rows; ++r) total[r] = sum_of_exp(x + r * n, n, m[r], [](auto...) {});
}

/// The same for rows of at most this length: each lane has its own row, and no vector has to be reduced. Rows of ten
/// classes take half the time.
constexpr int64_t short_row = 32;
template <class T>
inline void group_totals_by_lanes(const T* x, int64_t rows, int64_t n, T* m, double* total) {
  each_vector<T>(rows, [=](int64_t r, auto some) {
    Vec<T> column[short_row];
    each_vector<T>(n, [=, &column](int64_t c, auto part) { turn_rows(x + r * n + c, rows - r, n, part, column + c); });
    Vec<T> top = column[0];
    for (int64_t c = 1; c < n; ++c) top = xsimd::max(top, column[c]);
    WideSum<T> sum;
    for (int64_t c = 0; c < n; ++c) sum.add(exponential(column[c] - top));
    double sums[lanes<T>];
    sum.store(sums);
    some.store(m + r, top);
    for (int64_t k = 0; k < lanes<T> && r + k < rows; ++k) total[r + k] = sums[k];
  });
}

/// For each row of a group its maximum m and log(sum exp(x - m)).
template <class T>
inline void group_logs(const T* x, int64_t rows, int64_t n, T* m, T* log_total) {
  double total[most_rows];
  if (n > 0 && n <= short_row) {
    group_totals_by_lanes(x, rows, n, m, total);
  } else {
    group_totals(x, rows, n, m, total);
  }
  each_vector<double>(rows,
                      [&total](int64_t i, auto part) { part.store(total + i, logarithm(part.load(total + i, 1.0))); });
  for (int64_t r = 0; r < rows; ++r) log_total[r] = static_cast<T>(total[r]);
}

template <class T>
void row_logs(const T* x, int64_t rows, int64_t n, T* m, T* log_total) {
  each_group(rows, n,
             [=](int64_t first, int64_t count) { group_logs(x + first * n, count, n, m + first, log_total + first); });
}

template <class T>
void log_softmax(const T* x, T* y, int64_t rows, int64_t n) {
  each_group(rows, n, [=](int64_t first, int64_t count) {
    T m[most_rows], log_total[most_rows];
    group_logs(x + first * n, count, n, m, log_total);
    for (int64_t r = 0; r < count; ++r) {
      const T* u = x + (first + r) * n;
      T* v = y + (first + r) * n;
      const Vec<T> top(m[r]), lt(log_total[r]);
      each_vector<T>(n, [=](int64_t i, auto part) { part.store(v + i, (part.load(u + i, T{}) - top) - lt); });
    }
  });
}

template <class T>
void softmax(const T* x, T* y, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const double total = sum_of_exp(x, n, largest(x, n), [y](int64_t i, auto part, Vec<T> e) { part.store(y + i, e); });
    const Vec<T> share(static_cast<T>(1 / total));
    each_vector<T>(n, [=](int64_t i, auto part) { part.store(y + i, part.load(y + i, T{}) * share); });
  }
}

template <class T>
void softmax_gradient(const T* y, const T* gy, T* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; ++r, y += n, gy += n, dx += n) {
    WideSum<T> sum;
    each_vector<T>(n, [&sum, y, gy](int64_t i, auto part) { sum.add(part.load(y + i, T{}) * part.load(gy + i, T{})); });
    const Vec<T> t(static_cast<T>(sum.total()));
    each_vector<T>(
        n, [=](int64_t i, auto part) { part.store(dx + i, part.load(y + i, T{}) * (part.load(gy + i, T{}) - t)); });
  }
}

template <class T>
void log_softmax_gradient(const T* y, const T* gy, T* dx, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; ++r, y += n, gy += n, dx += n) {
    WideSum<T> sum;
    each_vector<T>(n, [&sum, gy](int64_t i, auto part) { sum.add(part.load(gy + i, T{})); });
    const Vec<T> t(static_cast<T>(sum.total()));
    each_vector<T>(n, [=](int64_t i, auto part) {
      part.store(dx + i, part.load(gy + i, T{}) - exponential(part.load(y + i, T{})) * t);
    });
  }
}

/// Writes each row's number n times to e, which has room for one vector more.
template <class T>
inline void repeat_each(const T* numbers, int64_t rows, int64_t n, T* e) {
  for (int64_t r = 0; r < rows; ++r) {  // in this order: the next row overwrites what is stored beyond this one
    const Vec<T> number(numbers[r]);
    for (int64_t i = 0; i < n; i += lanes<T>) number.store_unaligned(e + r * n + i);
  }
}

/// scaled_softmax of short rows, in vectors that continue from one row into the next: four rows of ten classes take
/// five full vectors of eight lanes, where row by row they take eight.
template <class T>
inline void scaled_softmax_across_rows(const T* x, const T* m, const T* log_total, const T* scale, T* y, int64_t rows,
                                       int64_t n) {
  constexpr int64_t elements = 512;
  T top[elements + lanes<T>], lt[elements + lanes<T>], k[elements + lanes<T>];
  const int64_t step = elements / n;
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = rows - first < step ? rows - first : step;
    repeat_each(m + first, count, n, top);
    repeat_each(log_total + first, count, n, lt);
    repeat_each(scale + first, count, n, k);
    const T* u = x + first * n;
    T* v = y + first * n;
    each_vector<T>(count * n, [=, &top, &lt, &k](int64_t i, auto part) {
      const Vec<T> lp = (part.load(u + i, T{}) - part.load(top + i, T{})) - part.load(lt + i, T{});
      part.store(v + i, part.load(k + i, T{}) * exponential(lp));
    });
  }
}

template <class T>
void scaled_softmax(const T* x, const T* m, const T* log_total, const T* scale, T* y, int64_t rows, int64_t n) {
  if (n > 0 && n <= short_row && n % lanes<T> != 0) {
    return scaled_softmax_across_rows(x, m, log_total, scale, y, rows, n);
  }
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const Vec<T> top(m[r]), lt(log_total[r]), k(scale[r]);
    each_vector<T>(
        n, [=](int64_t i, auto part) { part.store(y + i, k * exponential((part.load(x + i, T{}) - top) - lt)); });
  }
}

template <class T>
void logsumexp(const T* x, T* y, int64_t rows, int64_t n) {
  each_group(rows, n, [=](int64_t first, int64_t count) {
    T log_total[most_rows];
    group_logs(x + first * n, count, n, y + first, log_total);
    for (int64_t r = first; r < first + count; ++r) {
      if (y[r] - y[r] == 0) {
        y[r] += log_total[r - first];
      } else {  // infinite, unless the row has a NaN
        for (int64_t i = r * n; i < (r + 1) * n; ++i) y[r] = x[i] == x[i] ? y[r] : x[i];
      }
    }
  });
}

}  // namespace
}  // namespace xtape::kernels
