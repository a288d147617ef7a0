// y = tanh x        dx = gy (1 - y^2)
// Keeps y, not x: x can be freed.
#include <cmath>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor tanh(const Tensor& x) {
  const Tensor u = detail::to_floating("tanh", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::tanh(v); });
  return record("tanh", {u}, y, [y = save_output(y)](const Tensor& gy) {
    const Tensor v = *y;
    return Gradients(gy * (1 - v * v));
  });
}

Tensor Tensor::tanh() const { return xtape::tanh(*this); }

}  // namespace xtape
