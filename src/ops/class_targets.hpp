// What nll_loss and cross_entropy share: targets, class weights and smoothing, checked. Every such loss is
// linear in the log-probabilities lp: -sum_c a_pc lp_pc at position p, and then reduced. A ClassTargets is
// that linear map; the coefficients a are defined in kernels/cross_entropy.hpp.
#pragma once

#include "kernels/cross_entropy.hpp"
#include "ops/loss.hpp"

namespace xtape::detail {

/// DTypeError: a target of this dtype holds no class indices.
[[noreturn]] void fail_no_indices(std::string_view op, DType dtype);

class ClassTargets {
 public:
  /// Checks all that a caller can get wrong, in the name of `op`. x has the classes on dim 0 when it is 1-D,
  /// else on dim 1. `target` holds class indices, or probabilities when it is floating.
  ClassTargets(std::string_view op, const Tensor& x, const Tensor& target, const CrossEntropyOptions&);

  std::int64_t dim() const { return dim_; }
  /// What the mean divides by, in double: the sum of the targets' weights, or the number of positions that have
  /// probabilities.
  double denominator() const { return denominator_; }
  /// The probabilities, with their history; undefined for class indices, which are constants.
  Tensor probabilities() const { return *probabilities_; }

  // Values, never recorded.
  /// The loss of log-probabilities.
  Tensor loss(const Tensor& lp) const;
  /// The loss of logits x with the classes on the last dim. `logs` becomes (2, rows): the maximum m of each row, and
  /// its log(sum exp(x - m)).
  Tensor logit_loss(const Tensor& x, Tensor& logs) const;
  /// The gradient at lp, where lp stands for itself: the transposed map.
  Tensor log_probability_gradient(const Tensor& gy) const;
  /// The gradient at the logits, laid out as they are, from what logit_loss gave.
  Tensor logit_gradient(const Tensor& x, const Tensor& logs, const Tensor& gy) const;
  /// bool_, 1 on the class dim: which rows have a coefficient other than 0.
  Tensor rows_with_terms() const;

  // Recorded where grad mode says so; each broadcasts against x.
  /// ds in dloss = sum_p ds_p dl_p: gy, divided as the mean was.
  Tensor upstream(const Tensor& gy) const;
  /// a = w ((1 - e) t + e / C), as a function of the probabilities t.
  Tensor coefficients(const Tensor& t) const;
  /// da/dt = w (1 - e).
  Tensor coefficient_slope() const;

 private:
  void take_weight(std::string_view op, const Tensor& weight);
  void take_indices(std::string_view op, const Tensor& target, std::int64_t ignore_index);
  /// IndexError for the first class outside the range.
  void fail_outside(std::string_view op, const std::int64_t* classes, std::int64_t ignore_index) const;
  void take_probabilities(std::string_view op, const Tensor& target, std::int64_t ignore_index);
  /// f<T>(terms), T being the dtype's type.
  template <class F>
  void visit_terms(F f) const;
  Tensor reduced(const Tensor& losses) const;
  double divisor() const { return reduction_ == Reduction::mean ? denominator_ : 1; }
  template <class T>
  kernels::Upstream<T> divided(const Tensor& gy) const;
  /// w, shaped to meet the class dim of x; a 1 when there is none.
  Tensor weight_on_dim() const;

  Shape shape_;  // of x
  DType dtype_;
  std::int64_t dim_;
  Shape positions_;  // shape_ without the class dim
  kernels::Rows rows_;
  Saved classes_;  // int64, one for each position, -1 where it is ignored; undefined for probabilities
  Saved probabilities_;
  Saved weight_;
  double smoothing_;
  Reduction reduction_;
  double denominator_ = 0;
};

/// The recorded loss of log-probabilities, and its gradient as a function of gy. The map is linear, so each
/// is the other's gradient. Defined in ops/nll_loss.cpp.
Tensor nll_loss(const Tensor& lp, const ClassTargets& targets);
Tensor nll_loss_gradient(const Tensor& gy, const ClassTargets& targets);

}  // namespace xtape::detail
