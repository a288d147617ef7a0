// The coefficients a of losses over classes, l = -sum_c a_c lp_c in each row of log-probabilities lp, from a class
// index or from probabilities. Only terms with a_c != 0 are visited: where a_c is 0 the term is 0 whatever lp_c is, and
// a row without terms has loss 0 and gradient 0 whatever it holds. `rows` is the layout of the input and of target
// probabilities.
#pragma once

#include <cstdint>

#include "kernels/rows.hpp"

namespace xtape::kernels {

/// a_c = w_c ((1 - e) [c = y] + e / n), and no term in a row whose y is negative.
template <class T>
struct IndexTerms {
  Rows rows;
  const std::int64_t* classes;  // y, one for each row
  const T* weight;              // w, or null: all 1
  double smoothing;             // e

  double weight_of(std::int64_t c) const { return weight ? static_cast<double>(weight[c]) : 1.0; }

  /// f(c, a_c) for each term of a row.
  template <class F>
  void each(std::int64_t row, F f) const {
    const std::int64_t y = classes[row];
    if (y < 0) return;
    if (smoothing == 0) {
      if (const double w = weight_of(y); w != 0) f(y, w);
      return;
    }
    const double share = smoothing / static_cast<double>(rows.n);
    for (std::int64_t c = 0; c < rows.n; ++c) {
      if (const double w = weight_of(c); w != 0) f(c, w * (share + (c == y ? 1 - smoothing : 0)));
    }
  }
};

/// a_c = w_c ((1 - e) t_c + e / n).
template <class T>
struct ProbabilityTerms {
  Rows rows;
  const T* probabilities;  // t
  const T* weight;         // w, or null: all 1
  double smoothing;        // e

  template <class F>
  void each(std::int64_t row, F f) const {
    const double share = smoothing / static_cast<double>(rows.n);
    const T* t = probabilities + rows.first(row);
    for (std::int64_t c = 0; c < rows.n; ++c) {
      const double w = weight ? static_cast<double>(weight[c]) : 1.0;
      if (w == 0) continue;
      const double a = w * ((1 - smoothing) * static_cast<double>(t[c * rows.inner]) + share);
      if (a != 0) f(c, a);
    }
  }
};

/// The gradient that arrives at the losses: one number for each row, or, where `each` is null, one for all.
template <class T>
struct Upstream {
  const T* each = nullptr;
  double all = 0;

  double operator[](std::int64_t row) const { return each ? static_cast<double>(each[row]) : all; }
};

/// any[r]: whether row r has a term.
template <class Terms>
void rows_with_terms(const Terms& terms, bool* any) {
  for (std::int64_t r = 0; r < terms.rows.count(); ++r) {
    any[r] = false;
    terms.each(r, [&](std::int64_t, double) { any[r] = true; });
  }
}

}  // namespace xtape::kernels
