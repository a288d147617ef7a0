// y = x where x > 0, else s x        dx = gy where x > 0, else s gy
// Keeps x: when s is negative, y does not tell its sign.
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  if (std::isnan(negative_slope)) fail<ValueError>("leaky_relu", "negative_slope is NaN");
  const Tensor u = detail::to_floating("leaky_relu", x);
  Tensor y = detail::map_floating(
      u, [negative_slope]<class T>(T v) { return v > 0 ? v : v * static_cast<T>(negative_slope); });
  return record("leaky_relu", {u}, std::move(y), [x = save(u), negative_slope](const Tensor& gy) {
    return Gradients(where(*x > 0, gy, gy * negative_slope));
  });
}

}  // namespace xtape
