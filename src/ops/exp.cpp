// y = e^x        dx = gy y
// Keeps y, not x: x can be freed.
#include <cmath>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor exp(const Tensor& x) {
  const Tensor u = detail::to_floating("exp", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::exp(v); });
  return record("exp", {u}, y, [y = save_output(y)](const Tensor& gy) { return Gradients(gy * *y); });
}

Tensor Tensor::exp() const { return xtape::exp(*this); }

}  // namespace xtape
