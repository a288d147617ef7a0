// The formulas of SEMANTICS for classification losses, implemented a second time, row by row and in long double.
#pragma once

#include "support/expect.hpp"

namespace xtape::testing {

using Numbers = std::vector<double>;

/// Logits, target and options; a test chooses the dtype.
struct Problem {
  Shape shape;  // of the logits
  Numbers x;
  Numbers t;       // class indices or, if there are as many as in x, probabilities
  Numbers w = {};  // empty: all 1
  double e = 0;
  std::int64_t ignore_index = -100;

  std::int64_t classes() const { return shape[shape.size() == 1 ? 0 : 1]; }
  bool has_probabilities() const { return t.size() == x.size(); }
  Shape positions() const {
    Shape s = shape;
    s.erase(s.size() == 1 ? 0 : 1);
    return s;
  }
  Tensor logits(DType dtype) const { return tensor(x, shape, {.dtype = dtype, .requires_grad = true}); }
  Tensor target(DType dtype) const {
    if (has_probabilities()) return tensor(t, shape, {.dtype = dtype});
    return tensor(t, positions(), {.dtype = int64});
  }
  CrossEntropyOptions options(Reduction reduction, DType dtype) const {
    Tensor weight = w.empty() ? Tensor() : tensor(w, {classes()}, {.dtype = dtype});
    return {.weight = weight, .ignore_index = ignore_index, .reduction = reduction, .label_smoothing = e};
  }
};

/// l_n = -sum a lp and dl_n/dx = softmax sum(a) - a of one row; `share` is the row's part of the mean's denominator.
struct Row {
  double loss = 0, share = 0;
  Numbers gradient;
};

inline Row row(const Numbers& x, const Problem& problem, double y, const Numbers& t) {
  const std::size_t n = x.size();
  auto w = [&](std::size_t c) { return problem.w.empty() ? 1.0 : problem.w[c]; };
  Row r{0, 0, Numbers(n, 0.0)};
  if (t.empty() && y == static_cast<double>(problem.ignore_index)) return r;
  long double total = 0, sum_a = 0, loss = 0;
  for (double v : x) total += std::exp(static_cast<long double>(v));
  std::vector<long double> a(n);
  for (std::size_t c = 0; c < n; ++c) {
    const double likely = t.empty() ? static_cast<double>(y == static_cast<double>(c)) : t[c];
    a[c] = w(c) * (likely * (1.0L - problem.e) + problem.e / static_cast<long double>(n));
    sum_a += a[c];
    loss -= a[c] * (x[c] - std::log(total));
  }
  for (std::size_t c = 0; c < n; ++c) {
    r.gradient[c] = static_cast<double>(std::exp(static_cast<long double>(x[c])) / total * sum_a - a[c]);
  }
  r.loss = static_cast<double>(loss);
  r.share = t.empty() ? w(static_cast<std::size_t>(y)) : 1;
  return r;
}

/// The loss, the upstream gradient (never all ones), and the gradient at x under it.
struct Answer {
  Numbers value, gradient, upstream;
};

inline Answer answer(const Problem& problem, Reduction reduction) {
  const auto n = static_cast<std::size_t>(problem.classes());
  const auto count = static_cast<std::size_t>(problem.positions().numel());
  const std::size_t outer = problem.shape.size() == 1 ? 1 : static_cast<std::size_t>(problem.shape[0]);
  const std::size_t inner = count / outer;
  auto at = [&](std::size_t p, std::size_t c) { return p / inner * n * inner + c * inner + p % inner; };
  std::vector<Row> rows;
  double total = 0, denominator = 0;
  for (std::size_t p = 0; p < count; ++p) {
    Numbers x, t;
    for (std::size_t c = 0; c < n; ++c) {
      x.push_back(problem.x[at(p, c)]);
      if (problem.has_probabilities()) t.push_back(problem.t[at(p, c)]);
    }
    rows.push_back(row(x, problem, problem.has_probabilities() ? 0 : problem.t[p], t));
    total += rows[p].loss;
    denominator += rows[p].share;
  }
  if (reduction != Reduction::mean) denominator = 1;
  Answer a;
  a.gradient.resize(problem.x.size());
  for (std::size_t p = 0; p < count; ++p) {
    const double gy = reduction == Reduction::none ? 0.5 + 0.25 * static_cast<double>(p) : 1.75;
    if (p == 0 || reduction == Reduction::none) a.upstream.push_back(gy);
    if (reduction == Reduction::none) a.value.push_back(rows[p].loss);
    for (std::size_t c = 0; c < n; ++c) a.gradient[at(p, c)] = rows[p].gradient[c] * gy / denominator;
  }
  if (reduction != Reduction::none) a.value.push_back(total / denominator);
  return a;
}

}  // namespace xtape::testing
