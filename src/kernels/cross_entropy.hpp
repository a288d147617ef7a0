// Cross entropy over rows of log-probabilities lp: in each row l = -sum_c a_c lp_c, with coefficients a from a class
// index or from probabilities. Only terms with a_c != 0 exist: where a_c is 0 the term is 0 whatever lp_c is, and a row
// without terms has loss 0 and gradient 0 whatever it holds. Sums are in double. Rows tells how targets lie (and
// log-probabilities that stand for themselves); logits x come with their classes on the last dim, (rows, n).
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/isa.hpp"
#include "kernels/rows.hpp"

namespace xtape::kernels {

/// a_c = w_c ((1 - e) [c = y] + e / n), and no term in a row whose y is negative.
template <class T>
struct IndexTerms {
  const std::int64_t* classes;  // y, one for each row
  const T* weight;              // w, or null: all 1
  double smoothing;             // e

  double weight_of(std::int64_t c) const { return weight ? static_cast<double>(weight[c]) : 1.0; }

  /// f(c, a_c) for each term of a row.
  template <class F>
  void each(const Rows& rows, std::int64_t row, F f) const {
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
  const T* probabilities;  // t, laid out as lp
  const T* weight;         // w, or null: all 1
  double smoothing;        // e

  template <class F>
  void each(const Rows& rows, std::int64_t row, F f) const {
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

/// The gradient that arrives: one for each row, or, where `each` is null, one for all, divided as the loss was.
template <class T>
struct Upstream {
  const T* each = nullptr;
  double all = 0;

  double operator[](std::int64_t row) const { return each ? static_cast<double>(each[row]) : all; }
};

/// lp itself, laid out as Rows says.
template <class T>
struct LogProbabilities {
  const T* lp;
  T at(const Rows& rows, std::int64_t row, std::int64_t c) const { return lp[rows.first(row) + c * rows.inner]; }
};

/// lp = log_softmax(x), from what row_logs gave.
template <class T>
struct Logits {
  const T *x, *m, *log_total;
  T at(const Rows& rows, std::int64_t row, std::int64_t c) const {
    return (x[row * rows.n + c] - m[row]) - log_total[row];
  }
};

/// losses[r] = -sum_c a_c lp_c, for the rows from `first` to before `end`.
template <class Source, class Terms>
void row_losses(const Terms& terms, const Rows& rows, std::int64_t first, std::int64_t end, const Source& lp,
                double* losses) {
  for (std::int64_t r = first; r < end; ++r) {
    double loss = 0;
    terms.each(rows, r, [&](std::int64_t c, double a) { loss -= a * static_cast<double>(lp.at(rows, r, c)); });
    losses[r] = loss;
  }
}

/// The losses of logits x, and on the way m and log_total, which their gradient wants again.
template <class T, class Terms>
void logit_losses(const Terms& terms, const Rows& rows, const T* x, T* m, T* log_total, double* losses) {
  const std::int64_t step = rows_at_a_time(rows.n);
  for (std::int64_t first = 0; first < rows.count(); first += step) {
    const std::int64_t count = std::min(step, rows.count() - first);
    isa_of<T>().row_logs(x + first * rows.n, count, rows.n, m + first, log_total + first);
    row_losses(terms, rows, first, first + count, Logits<T>{x, m, log_total}, losses);
  }
}

/// dlp_c = -s a_c: the gradient of the losses where lp stands for itself.
template <class T, class Terms>
void log_probability_gradient(const Terms& terms, const Rows& rows, const Upstream<T>& upstream, T* dlp) {
  std::fill_n(dlp, rows.count() * rows.n, T{0});
  for (std::int64_t r = 0; r < rows.count(); ++r) {
    T* v = dlp + rows.first(r);
    const double s = upstream[r];
    terms.each(rows, r, [&](std::int64_t c, double a) {
      v[c * rows.inner] = static_cast<T>(-s * a);
    });
  }
}

/// dx_c = s (e^lp_c sum(a) - a_c): the gradient of the losses at the logits.
template <class T, class Terms>
void logit_gradient(const Terms& terms, const Rows& rows, const Logits<T>& lp, const Upstream<T>& upstream, T* dx) {
  const std::int64_t step = rows_at_a_time(rows.n);
  for (std::int64_t first = 0; first < rows.count(); first += step) {
    const std::int64_t count = std::min(step, rows.count() - first);
    T scale[most_rows];
    bool any[most_rows] = {};
    for (std::int64_t j = 0; j < count; ++j) {
      double total = 0;
      terms.each(rows, first + j, [&](std::int64_t, double a) {
        total += a;
        any[j] = true;
      });
      scale[j] = static_cast<T>(upstream[first + j] * total);
    }
    isa_of<T>().scaled_softmax(lp.x + first * rows.n, lp.m + first, lp.log_total + first, scale, dx + first * rows.n,
                               count, rows.n);
    for (std::int64_t j = 0; j < count; ++j) {
      T* v = dx + (first + j) * rows.n;
      if (!any[j]) std::fill_n(v, rows.n, T{0});
      const double s = upstream[first + j];
      terms.each(rows, first + j, [&](std::int64_t c, double a) { v[c] -= static_cast<T>(s * a); });
    }
  }
}

/// any[r]: whether row r has a term.
template <class Terms>
void rows_with_terms(const Terms& terms, const Rows& rows, bool* any) {
  for (std::int64_t r = 0; r < rows.count(); ++r) {
    any[r] = false;
    terms.each(rows, r, [&](std::int64_t, double) { any[r] = true; });
  }
}

}  // namespace xtape::kernels
