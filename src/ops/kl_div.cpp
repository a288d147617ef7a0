// l = t (log t - x),  0 where t is 0        dx = -gy t, dt = gy (log t + 1 - x), 0 where t is 0
// With log_target the target is s = log t: ds = dt e^s. Keeps x and the target.
#include <cmath>
#include <utility>

#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor losses(const Tensor& input, const Tensor& target, bool log_target) {
  const detail::LossOperands both("kl_div", input, target);
  Tensor y = detail::zip_losses(both, [log_target]<class T>(T x, T given) {
    const T t = log_target ? std::exp(given) : given;
    return t == 0 ? T{0} : t * ((log_target ? given : std::log(t)) - x);
  });
  return record("kl_div", {both.a, both.b}, std::move(y),
                [x = save(both.a), target = save(both.b), log_target](const Tensor& gy, Wants wants) {
                  const Tensor given = *target, t = log_target ? exp(given) : given;
                  const Tensor dx = wants[0] ? -gy * t : Tensor();
                  if (!wants[1]) return Gradients(dx, Tensor());
                  const Tensor none = t == 0;  // x and log t may be infinite there: both are replaced by 0
                  const Tensor log_t = log_target ? where(none, 0, given) : log(where(none, 1, given));
                  const Tensor dt = where(none, 0, gy * (log_t + 1 - where(none, 0, *x)));
                  return Gradients(dx, log_target ? dt * t : dt);
                });
}

}  // namespace

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivOptions& options) {
  return detail::apply_reduction(losses(input, target, options.log_target), options.reduction);
}

LossParts kl_div_parts(const Tensor& input, const Tensor& target, const KLDivOptions& options) {
  return detail::parts_of(losses(input, target, options.log_target), options.reduction);
}

}  // namespace xtape
