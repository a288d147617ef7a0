// y = x t,  t = tanh(log(1 + e^x))        dx = gy (t + x (1 - t^2) / (1 + e^-x))
// Keeps x. Beyond |x| = 800, t is 0 or 1 in every dtype: x is replaced by 800 there, which avoids 0 times infinity.
#include <cmath>
#include <limits>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor mish(const Tensor& x) {
  constexpr double saturated = 800;
  const Tensor u = detail::to_floating("mish", x);
  // tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); above 0, n e^-2x and 2 e^-2x, which do not overflow.
  Tensor y = detail::map_floating(u, []<class T>(T v) {
    if (v < -saturated) return T{-0.0};
    const T e = std::exp(-std::abs(v)), n = v < 0 ? e * (e + 2) : 1 + 2 * e;
    return v * (n / (n + (v < 0 ? T{2} : 2 * e * e)));
  });
  return record("mish", {u}, std::move(y), [x = save(u)](const Tensor& gy) {
    const Tensor v = clamp(*x, -saturated, saturated);
    const Tensor t = tanh(softplus(v, 1, std::numeric_limits<double>::infinity()));
    return Gradients(gy * (t + v * ((1 - t * t) * sigmoid(v))));
  });
}

}  // namespace xtape
