// y = sqrt x        dx = gy / (2 y)
// y = 1 / sqrt x        dx = -gy y^3 / 2
// Each keeps y, not x: x can be freed.
#include <cmath>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor sqrt(const Tensor& x) {
  const Tensor u = detail::to_floating("sqrt", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::sqrt(v); });
  return record("sqrt", {u}, y, [y = save_output(y)](const Tensor& gy) { return Gradients(gy / (2 * *y)); });
}

Tensor rsqrt(const Tensor& x) {
  const Tensor u = detail::to_floating("rsqrt", x);
  Tensor y = detail::map_floating(u, [](auto v) { return 1 / std::sqrt(v); });
  return record("rsqrt", {u}, y, [y = save_output(y)](const Tensor& gy) {
    const Tensor v = *y;
    return Gradients(-0.5 * gy * (v * v * v));
  });
}

Tensor Tensor::sqrt() const { return xtape::sqrt(*this); }
Tensor Tensor::rsqrt() const { return xtape::rsqrt(*this); }

}  // namespace xtape
