// The loss of rows of log-probabilities, with the layout terms.rows, and its gradient. Sums are in double.
#pragma once

#include <algorithm>

#include "kernels/class_terms.hpp"

namespace xtape::kernels {

/// losses[r] = -sum_c a_c lp_c.
template <class T, class Terms>
void nll_losses(const Terms& terms, const T* lp, double* losses) {
  const Rows& rows = terms.rows;
  for (std::int64_t r = 0; r < rows.count(); ++r) {
    const T* u = lp + rows.first(r);
    double loss = 0;
    terms.each(r, [&](std::int64_t c, double a) { loss -= a * static_cast<double>(u[c * rows.inner]); });
    losses[r] = loss;
  }
}

/// dlp_c = -s a_c.
template <class T, class Terms>
void nll_gradient(const Terms& terms, const Upstream<T>& upstream, T* dlp) {
  const Rows& rows = terms.rows;
  std::fill_n(dlp, rows.count() * rows.n, T{0});
  for (std::int64_t r = 0; r < rows.count(); ++r) {
    T* v = dlp + rows.first(r);
    const double s = upstream[r];
    terms.each(r, [&](std::int64_t c, double a) { v[c * rows.inner] = static_cast<T>(-s * a); });
  }
}

}  // namespace xtape::kernels
