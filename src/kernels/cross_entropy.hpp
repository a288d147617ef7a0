// The loss of rows of logits x and its gradient. Logits are (rows, n), with the classes in the last dim, even where
// target probabilities have them in another. A log-probability is lp_c = (x_c - m) - log_total, with m the row's
// maximum and log_total its log(sum exp(x - m)). Sums are in double.
#pragma once

#include <algorithm>

#include "kernels/class_terms.hpp"
#include "kernels/isa.hpp"

namespace xtape::kernels {

/// losses[r] = -sum_c a_c lp_c; m and log_total of each row are kept for the gradient.
template <class T, class Terms>
void cross_entropy_losses(const Terms& terms, const T* x, T* m, T* log_total, double* losses) {
  const std::int64_t n = terms.rows.n, count = terms.rows.count(), step = rows_at_a_time(n);
  for (std::int64_t first = 0; first < count; first += step) {
    const std::int64_t end = std::min(first + step, count);
    isa_of<T>().row_logs(x + first * n, end - first, n, m + first, log_total + first);
    for (std::int64_t r = first; r < end; ++r) {
      double loss = 0;
      terms.each(r, [&](std::int64_t c, double a) {
        const T lp = (x[r * n + c] - m[r]) - log_total[r];
        loss -= a * static_cast<double>(lp);
      });
      losses[r] = loss;
    }
  }
}

/// dx_c = s (e^lp_c sum(a) - a_c).
template <class T, class Terms>
void cross_entropy_gradient(const Terms& terms, const T* x, const T* m, const T* log_total, const Upstream<T>& upstream,
                            T* dx) {
  const std::int64_t n = terms.rows.n, rows = terms.rows.count(), step = rows_at_a_time(n);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t count = std::min(step, rows - first);
    T scale[most_rows];
    bool any[most_rows] = {};
    for (std::int64_t j = 0; j < count; ++j) {
      double total = 0;
      terms.each(first + j, [&](std::int64_t, double a) {
        total += a;
        any[j] = true;
      });
      scale[j] = static_cast<T>(upstream[first + j] * total);
    }
    isa_of<T>().scaled_softmax(x + first * n, m + first, log_total + first, scale, dx + first * n, count, n);
    for (std::int64_t j = 0; j < count; ++j) {
      T* v = dx + (first + j) * n;
      if (!any[j]) std::fill_n(v, n, T{0});
      const double s = upstream[first + j];
      terms.each(first + j, [&](std::int64_t c, double a) { v[c] -= static_cast<T>(s * a); });
    }
  }
}

}  // namespace xtape::kernels
