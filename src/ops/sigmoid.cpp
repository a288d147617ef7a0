// y = 1 / (1 + e^-x)        dx = gy y (1 - y)
// Keeps y, not x: x can be freed.
#include <cmath>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor sigmoid(const Tensor& x) {
  const Tensor u = detail::to_floating("sigmoid", x);
  // e^-|x| never overflows, and small values keep their digits.
  Tensor y = detail::map_floating(u, []<class T>(T v) {
    const T e = std::exp(-std::abs(v));
    return (v < 0 ? e : T{1}) / (1 + e);
  });
  return record("sigmoid", {u}, y, [y = save_output(y)](const Tensor& gy) {
    const Tensor v = *y;
    return Gradients(gy * (v * (1 - v)));
  });
}

Tensor Tensor::sigmoid() const { return xtape::sigmoid(*this); }

}  // namespace xtape
