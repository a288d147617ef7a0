// l = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2),  d = x - t
// dx = gy d where |d| < delta, else gy delta sign(d); dt = -dx
// Keeps x and t.
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor huber_losses(const Tensor& input, const Tensor& target, const HuberOptions& options) {
  detail::check_reduction("huber_loss", options.reduction);
  const double delta = options.delta;
  if (!(delta > 0)) fail<ValueError>("huber_loss", "delta is {}, it must be greater than 0", delta);
  const detail::LossOperands both("huber_loss", input, target);
  Tensor y = detail::zip_losses(both, [delta]<class T>(T x, T t) {
    const T c = static_cast<T>(delta), distance = std::abs(x - t);
    return distance <= c ? distance / 2 * distance : c * (distance - c / 2);
  });
  return record("huber_loss", {both.a, both.b}, std::move(y),
                [x = save(both.a), t = save(both.b), delta](const Tensor& gy, Wants wants) {
                  const Tensor d = *x - *t;
                  const Tensor dx = gy * where(d >= delta, delta, where(d <= -delta, -delta, d));
                  return Gradients(dx, wants[1] ? -dx : Tensor());
                });
}

}  // namespace

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options) {
  return detail::apply_reduction(huber_losses(input, target, options), options.reduction);
}

LossParts huber_loss_parts(const Tensor& input, const Tensor& target, const HuberOptions& options) {
  return detail::parts_of(huber_losses(input, target, options), options.reduction);
}

}  // namespace xtape
