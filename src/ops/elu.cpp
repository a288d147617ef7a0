// y = x where x >= 0, else a (e^x - 1)        dx = gy where x > 0, else gy a e^x
// selu is s elu(x, a) with constants a and s. Keeps x: when a is not positive, y does not tell its sign.
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor scaled_elu(OpName op, const Tensor& x, double alpha, double scale) {
  const Tensor u = detail::to_floating(op.text, x);
  Tensor y = detail::map_floating(u, [alpha, scale]<class T>(T v) {
    return v < 0 ? static_cast<T>(alpha * scale) * std::expm1(v) : static_cast<T>(scale) * v;
  });
  return record(op, {u}, std::move(y), [x = save(u), alpha, scale](const Tensor& gy) {
    // e^x only where it counts: elsewhere it may overflow, and infinity times 0 is NaN in the gradient's own gradient.
    const Tensor v = *x, slope = alpha * scale * exp(where(v >= 0, 0, v));
    return Gradients(gy * where(v > 0, scale, slope));
  });
}

}  // namespace

Tensor elu(const Tensor& x, double alpha) {
  if (std::isnan(alpha)) fail<ValueError>("elu", "alpha is NaN");
  return scaled_elu("elu", x, alpha, 1);
}

Tensor selu(const Tensor& x) { return scaled_elu("selu", x, 1.6732632423543772, 1.0507009873554805); }

}  // namespace xtape
