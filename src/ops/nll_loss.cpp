// l_n = -w[y_n] lp[n, y_n], 0 where y_n is ignored; mean: sum l_n / sum w[y_n]
// dlp[n, c] = -s_n w[c] where c = y_n, else 0; s_n is the gradient that arrives at l_n
// Keeps the class indices and the weights: the loss is linear in lp, so the gradient does not need lp.
#include "kernels/nll_loss.hpp"

#include <utility>

#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "ops/class_targets.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace detail {

Tensor nll_loss(const Tensor& lp, const ClassTargets& targets) {
  const Tensor losses = make_tensor(targets.positions(), DType::float64);
  visit_terms(targets, [&]<class T>(const auto& terms) {
    kernels::nll_losses(terms, elements<T>(lp), elements<double>(losses));
  });
  return record("nll_loss", {lp}, reduce_positions(targets, losses),
                [targets](const Tensor& gy) { return Gradients(nll_loss_gradient(gy, targets)); });
}

Tensor nll_loss_gradient(const Tensor& gy, const ClassTargets& targets) {
  Tensor dlp = make_tensor(targets.shape, targets.dtype);
  visit_terms(targets, [&]<class T>(const auto& terms) {
    kernels::nll_gradient(terms, upstream_of<T>(targets, gy), elements<T>(dlp));
  });
  return record("nll_loss_gradient", {gy}, std::move(dlp),
                [targets](const Tensor& v) { return Gradients(nll_loss(v, targets)); });
}

ClassTargets nll_targets(const Tensor& lp, const Tensor& target, const NLLOptions& options, Reduction reduction) {
  check_defined("nll_loss", target);
  if (is_floating(target.dtype())) fail_no_indices("nll_loss", target.dtype());
  return {
      "nll_loss", lp, target, {.weight = options.weight, .ignore_index = options.ignore_index, .reduction = reduction}};
}

}  // namespace detail

Tensor nll_loss(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options) {
  return detail::nll_loss(log_probabilities,
                          detail::nll_targets(log_probabilities, target, options, options.reduction));
}

LossParts nll_loss_parts(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options) {
  detail::check_reduction("nll_loss", options.reduction);
  const detail::ClassTargets targets = detail::nll_targets(log_probabilities, target, options, Reduction::sum);
  return {detail::nll_loss(log_probabilities, targets), targets.denominator};
}

}  // namespace xtape
