// y = x s,  s = 1 / (1 + e^-x)        dx = gy s (1 + x (1 - s))
// Keeps x. Beyond |x| = 800, s is 0 or 1 in every dtype: x is replaced by 800 there, which avoids 0 times infinity.
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor silu(const Tensor& x) {
  constexpr double saturated = 800;
  const Tensor u = detail::to_floating("silu", x);
  Tensor y = detail::map_floating(u, []<class T>(T v) {
    if (v < -saturated) return T{-0.0};
    const T e = std::exp(-std::abs(v));
    return v * ((v < 0 ? e : T{1}) / (1 + e));
  });
  return record("silu", {u}, std::move(y), [x = save(u)](const Tensor& gy) {
    const Tensor v = clamp(*x, -saturated, saturated), s = sigmoid(v);
    return Gradients(gy * (s * (1 + v * (1 - s))));
  });
}

}  // namespace xtape
