// l_n = -sum_c a_c lp_c,  lp = log_softmax(x)        dx = s (softmax(x) sum(a) - a),  dt = -s w (1 - e) lp
// a_c = w_c ((1 - e) t_c + e / C); a class index y stands for t_c = [c = y], an ignored one for a = 0. s is
// the gradient arriving at l_n. The mean divides by the indices' weights, or by the number of positions.
// Keeps x and two numbers for each row, its maximum m and t = log(sum exp(x - m)), for lp = (x - m) - t.
#include "ops/class_targets.hpp"

namespace xtape {

namespace {

Tensor target_gradient(const Tensor& lp, const Tensor& gy, const detail::ClassTargets& targets) {
  const Tensor slope = targets.coefficient_slope();
  return -(targets.upstream(gy) * slope) * where(slope == 0, 0, lp);  // 0 times lp = -inf is 0
}

/// dx and dt made of recorded ops.
Gradients recorded(const Tensor& x, const Tensor& gy, const detail::ClassTargets& targets, Wants wants) {
  const std::int64_t d = targets.dim();
  const Tensor t = targets.probabilities();
  // A row that constant targets leave without terms does not count, not even with a NaN in it.
  const Tensor lp = log_softmax(t.requires_grad() ? x : where(targets.rows_with_terms(), x, 0), d);
  const Tensor dlp = t.requires_grad() ? -targets.upstream(gy) * targets.coefficients(t)
                                       : detail::nll_loss_gradient(gy, targets);
  return Gradients(wants[0] ? dlp - exp(lp) * sum(dlp, d, true) : Tensor(),
                   wants[1] ? target_gradient(lp, gy, targets) : Tensor());
}

Tensor logit_gradient(const Tensor& x, const Tensor& logs, const Tensor& gy, const detail::ClassTargets& targets) {
  const std::int64_t d = targets.dim();
  return detail::dim_from_end(targets.logit_gradient(detail::dim_to_end(x, d), logs, gy), d);
}

Tensor loss(const Tensor& x, const Tensor& target, const detail::ClassTargets& targets) {
  Tensor logs;
  const Tensor y = targets.logit_loss(detail::dim_to_end(x, targets.dim()), logs);
  return record("cross_entropy", {x, target}, y,
                [x = save(x), logs = save(logs), targets](const Tensor& gy, Wants wants) {
                  if (is_grad_enabled()) return recorded(*x, gy, targets, wants);
                  return Gradients(wants[0] ? logit_gradient(*x, *logs, gy, targets) : Tensor(),
                                   wants[1] ? target_gradient(log_softmax(*x, targets.dim()), gy, targets) : Tensor());
                });
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  return loss(logits, target, detail::ClassTargets("cross_entropy", logits, target, options));
}

LossParts cross_entropy_parts(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  detail::check_reduction("cross_entropy", options.reduction);
  CrossEntropyOptions summed = options;
  summed.reduction = Reduction::sum;
  const detail::ClassTargets targets("cross_entropy", logits, target, summed);
  return {loss(logits, target, targets), targets.denominator()};
}

}  // namespace xtape
