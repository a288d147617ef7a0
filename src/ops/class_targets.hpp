// The targets of nll_loss and cross_entropy, checked once: class indices or probabilities, class weights, smoothing.
// Both losses are -sum_c a_pc lp_pc at position p, linear in the log-probabilities lp, and are then reduced;
// kernels/class_terms.hpp defines the coefficients a.
#pragma once

#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/class_terms.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

struct ClassTargets {
  /// Checks all arguments. `target` holds class indices, or probabilities when it is floating.
  ClassTargets(std::string_view op, const Tensor& x, const Tensor& target, const CrossEntropyOptions& options);

  Shape shape;          // of the input
  DType dtype;          // of the input
  Saved classes;        // int64, one for each position, -1 where it is ignored; undefined for probabilities
  Saved probabilities;  // with their history; undefined for class indices, which are constants
  Saved weight;         // one for each class, shaped to broadcast to the input; undefined where all are 1
  double smoothing;
  Reduction reduction;
  double denominator = 0;  // of the mean: the sum of the targets' weights, or for probabilities the number of positions

  /// The dim of the classes: 0 for a 1-D input, else 1.
  std::int64_t dim() const { return shape.size() == 1 ? 0 : 1; }
  Shape positions() const { return without_dim(shape, dim(), false); }
  kernels::Rows rows() const { return rows_along(shape, dim()); }
  double divisor() const { return reduction == Reduction::mean ? denominator : 1; }
};

/// DTypeError: a target of this dtype holds no class indices.
[[noreturn]] void fail_no_indices(std::string_view op, DType dtype);

/// f<T>(terms) with the coefficients of the targets, T being the input's type.
template <class F>
void visit_terms(const ClassTargets& targets, F f) {
  const Tensor classes = *targets.classes, t = *targets.probabilities, weight = *targets.weight;
  const kernels::Rows rows = targets.rows();
  visit_floating(targets.dtype, [&]<class T>() {
    const T* w = weight.defined() ? elements<T>(weight) : nullptr;
    if (classes.defined()) {
      f.template operator()<T>(kernels::IndexTerms<T>{rows, elements<std::int64_t>(classes), w, targets.smoothing});
    } else {
      f.template operator()<T>(kernels::ProbabilityTerms<T>{rows, elements<T>(t), w, targets.smoothing});
    }
  });
}

/// The float64 losses of the positions, reduced, in the input's dtype. Not recorded.
Tensor reduce_positions(const ClassTargets& targets, const Tensor& losses);
/// The gradient at the losses of the positions, for a gradient gy at the result of reduce_positions.
template <class T>
kernels::Upstream<T> upstream_of(const ClassTargets& targets, const Tensor& gy) {
  const T* g = elements<T>(gy);
  if (targets.reduction == Reduction::none) return {.each = g};
  return {.all = static_cast<double>(*g) / targets.divisor()};
}

/// The targets of nll_loss, which are class indices: DTypeError for a floating target.
ClassTargets nll_targets(const Tensor& lp, const Tensor& target, const NLLOptions& options, Reduction reduction);
/// The recorded loss of log-probabilities, and its gradient as a function of gy. Both are linear, so each is the
/// other's gradient. All three are defined in ops/nll_loss.cpp.
Tensor nll_loss(const Tensor& lp, const ClassTargets& targets);
Tensor nll_loss_gradient(const Tensor& gy, const ClassTargets& targets);

}  // namespace xtape::detail
