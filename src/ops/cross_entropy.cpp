// l_n = -sum_c a_c lp_c,  lp = log_softmax(x)        dx = s (softmax(x) sum(a) - a),  dt = -s w (1 - e) lp
// a_c = w_c ((1 - e) t_c + e / C); a class index y means t_c = [c = y], an ignored one a = 0. s is the
// gradient that arrives at l_n. The mean divides by the indices' weights, or by the number of positions.
// Keeps x and for each row its maximum m and log_total = log(sum exp(x - m)): lp = (x - m) - log_total.
#include "kernels/cross_entropy.hpp"

#include "autograd/tensor_impl.hpp"
#include "ops/class_targets.hpp"
#include "ops/dims.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

using detail::ClassTargets, detail::elements;

/// The value. `logs` becomes (2, rows): m and log_total of each row.
Tensor loss_value(const Tensor& x, const ClassTargets& targets, Tensor& logs) {
  const Tensor rows = detail::dim_to_end(x, targets.dim());
  const std::int64_t count = targets.rows().count();
  const Tensor losses = detail::make_tensor(targets.positions(), DType::float64);
  logs = detail::make_tensor({2, count}, targets.dtype);
  visit_terms(targets, [&]<class T>(const auto& terms) {
    T* m = elements<T>(logs);
    kernels::cross_entropy_losses(terms, elements<T>(rows), m, m + count, elements<double>(losses));
  });
  return reduce_positions(targets, losses);
}

/// dx, from the logs of loss_value.
Tensor logit_gradient(const Tensor& x, const Tensor& logs, const Tensor& gy, const ClassTargets& targets) {
  const Tensor rows = detail::dim_to_end(x, targets.dim());
  const std::int64_t count = targets.rows().count();
  const Tensor dx = detail::make_tensor(rows.impl()->shape, targets.dtype);
  visit_terms(targets, [&]<class T>(const auto& terms) {
    const T* m = elements<T>(logs);
    kernels::cross_entropy_gradient(terms, elements<T>(rows), m, m + count, detail::upstream_of<T>(targets, gy),
                                    elements<T>(dx));
  });
  return detail::dim_from_end(dx, targets.dim());
}

// ---- the gradient in recorded ops ------------------------------------------------------------------------------

/// s, shaped to broadcast to x.
Tensor upstream(const Tensor& gy, const ClassTargets& targets) {
  if (targets.reduction == Reduction::sum) return gy;
  if (targets.reduction == Reduction::mean) return gy / targets.denominator;
  return unsqueeze(gy, targets.dim());
}

/// w (1 - e), shaped to broadcast to x.
Tensor slope_of(const ClassTargets& targets) {
  const Tensor w = *targets.weight;
  return w.defined() ? w * (1 - targets.smoothing) : full({}, 1 - targets.smoothing, {.dtype = targets.dtype});
}

/// dt. The fused gradient uses it too, with an lp that is not recorded.
Tensor target_gradient(const Tensor& lp, const Tensor& gy, const ClassTargets& targets) {
  const Tensor slope = slope_of(targets);
  return -(upstream(gy, targets) * slope) * where(slope == 0, 0, lp);  // 0 even where lp is -inf
}

/// x, but 0 in rows without terms, so that a NaN there has no effect.
Tensor rows_with_terms_only(const Tensor& x, const ClassTargets& targets) {
  const Tensor any = detail::make_tensor(targets.positions(), DType::bool_);
  visit_terms(targets, [&]<class T>(const auto& terms) { kernels::rows_with_terms(terms, elements<bool>(any)); });
  return where(unsqueeze(any, targets.dim()), x, 0);
}

Gradients recorded_gradients(const Tensor& x, const Tensor& gy, const ClassTargets& targets, Wants wants) {
  const std::int64_t d = targets.dim();
  const Tensor t = *targets.probabilities, w = *targets.weight;
  Tensor lp, dlp;
  if (t.requires_grad()) {  // then a is a function of t
    const Tensor a = t * (1 - targets.smoothing) + targets.smoothing / static_cast<double>(targets.shape[d]);
    lp = log_softmax(x, d);
    dlp = -upstream(gy, targets) * (w.defined() ? w * a : a);
  } else {
    lp = log_softmax(rows_with_terms_only(x, targets), d);
    dlp = detail::nll_loss_gradient(gy, targets);
  }
  return Gradients(wants[0] ? dlp - exp(lp) * sum(dlp, d, true) : Tensor(),
                   wants[1] ? target_gradient(lp, gy, targets) : Tensor());
}

// ----------------------------------------------------------------------------------------------------------------

Tensor loss(const Tensor& x, const Tensor& target, const ClassTargets& targets) {
  Tensor logs;
  const Tensor y = loss_value(x, targets, logs);
  return record("cross_entropy", {x, target}, y,
                [x = save(x), logs = save(logs), targets](const Tensor& gy, Wants wants) {
                  if (is_grad_enabled()) return recorded_gradients(*x, gy, targets, wants);
                  return Gradients(wants[0] ? logit_gradient(*x, *logs, gy, targets) : Tensor(),
                                   wants[1] ? target_gradient(log_softmax(*x, targets.dim()), gy, targets) : Tensor());
                });
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  const ClassTargets targets("cross_entropy", logits, target, options);
  return loss(logits, target, targets);
}

LossParts cross_entropy_parts(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  detail::check_reduction("cross_entropy", options.reduction);
  CrossEntropyOptions summed = options;
  summed.reduction = Reduction::sum;
  const ClassTargets targets("cross_entropy", logits, target, summed);
  return {loss(logits, target, targets), targets.denominator};
}

}  // namespace xtape
