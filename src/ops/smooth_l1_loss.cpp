// l = d^2 / (2 beta) where |d| < beta, else |d| - beta / 2,  d = x - t
// dx = gy d / beta where |d| < beta, else gy sign(d); dt = -dx
// Keeps x and t. With beta = 0 it is l1_loss, whose gradient at d = 0 is 0.
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor smooth_l1_losses(const Tensor& input, const Tensor& target, const SmoothL1Options& options) {
  detail::check_reduction("smooth_l1_loss", options.reduction);
  const double beta = options.beta;
  if (!(beta >= 0)) fail<ValueError>("smooth_l1_loss", "beta is {}, it must be at least 0", beta);
  const detail::LossOperands both("smooth_l1_loss", input, target);
  if (beta == 0) return l1_loss(both.a, both.b, {.reduction = Reduction::none});
  Tensor y = detail::zip_losses(both, [beta]<class T>(T x, T t) {
    const T b = static_cast<T>(beta), distance = std::abs(x - t);
    return distance < b ? distance * (distance / b) / 2 : distance - b / 2;
  });
  return record("smooth_l1_loss", {both.a, both.b}, std::move(y),
                [x = save(both.a), t = save(both.b), beta](const Tensor& gy, Wants wants) {
                  const Tensor d = *x - *t;
                  const Tensor dx = gy * where(d >= beta, 1, where(d <= -beta, -1, d / beta));
                  return Gradients(dx, wants[1] ? -dx : Tensor());
                });
}

}  // namespace

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1Options& options) {
  return detail::apply_reduction(smooth_l1_losses(input, target, options), options.reduction);
}

LossParts smooth_l1_loss_parts(const Tensor& input, const Tensor& target, const SmoothL1Options& options) {
  return detail::parts_of(smooth_l1_losses(input, target, options), options.reduction);
}

}  // namespace xtape
