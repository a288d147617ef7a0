// l = (x - t)^2        dx = 2 gy (x - t), dt = -dx
// Keeps x and t.
#include <utility>

#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor losses(const Tensor& input, const Tensor& target) {
  const detail::LossOperands both("mse_loss", input, target);
  Tensor y = detail::zip_losses(both, [](auto x, auto t) { return (x - t) * (x - t); });
  return record("mse_loss", {both.a, both.b}, std::move(y),
                [x = save(both.a), t = save(both.b)](const Tensor& gy, Wants wants) {
                  const Tensor dx = 2 * gy * (*x - *t);
                  return Gradients(dx, wants[1] ? -dx : Tensor());
                });
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, const MSEOptions& options) {
  detail::check_reduction("mse_loss", options.reduction);
  return detail::apply_reduction(losses(input, target), options.reduction);
}

LossParts mse_loss_parts(const Tensor& input, const Tensor& target, const MSEOptions& options) {
  detail::check_reduction("mse_loss", options.reduction);
  return detail::parts_of(losses(input, target), options.reduction);
}

}  // namespace xtape
