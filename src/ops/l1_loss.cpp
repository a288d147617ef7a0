// l = |x - t|        dx = gy where x > t, -gy where x < t, else 0; dt = -dx
// Keeps x and t.
#include <cmath>
#include <utility>

#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor l1_losses(const Tensor& input, const Tensor& target) {
  const detail::LossOperands both("l1_loss", input, target);
  Tensor y = detail::zip_losses(both, [](auto x, auto t) { return std::abs(x - t); });
  return record("l1_loss", {both.a, both.b}, std::move(y),
                [x = save(both.a), t = save(both.b)](const Tensor& gy, Wants wants) {
                  const Tensor dx = where(*x > *t, gy, where(*x < *t, -gy, 0));
                  return Gradients(dx, wants[1] ? -dx : Tensor());
                });
}

}  // namespace

Tensor l1_loss(const Tensor& input, const Tensor& target, const L1Options& options) {
  detail::check_reduction("l1_loss", options.reduction);
  return detail::apply_reduction(l1_losses(input, target), options.reduction);
}

LossParts l1_loss_parts(const Tensor& input, const Tensor& target, const L1Options& options) {
  detail::check_reduction("l1_loss", options.reduction);
  return detail::parts_of(l1_losses(input, target), options.reduction);
}

}  // namespace xtape
