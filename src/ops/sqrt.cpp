// y = sqrt x        dx = gy / (2 y)
// Keeps y, not x: x can be freed.
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

Tensor Tensor::sqrt() const { return xtape::sqrt(*this); }

}  // namespace xtape
