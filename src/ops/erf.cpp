// y = erf x        dx = gy 2 / sqrt(pi) e^(-x^2)
// Keeps x.
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor erf(const Tensor& x) {
  constexpr double slope_at_0 = 1.1283791670955126;  // 2 / sqrt(pi)
  const Tensor u = detail::to_floating("erf", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::erf(v); });
  return record("erf", {u}, std::move(y), [x = save(u)](const Tensor& gy) {
    const Tensor v = *x;
    return Gradients(gy * (slope_at_0 * exp(-(v * v))));
  });
}

}  // namespace xtape
