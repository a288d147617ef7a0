// y = e^x        dx = gy y
// y = e^x - 1        dx = gy (y + 1)        exact near 0
// y = 2^x        dx = gy y log 2
// Each keeps y, not x: x can be freed.
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

Tensor expm1(const Tensor& x) {
  const Tensor u = detail::to_floating("expm1", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::expm1(v); });
  return record("expm1", {u}, y, [y = save_output(y)](const Tensor& gy) { return Gradients(gy * (*y + 1)); });
}

Tensor exp2(const Tensor& x) {
  constexpr double log_2 = 0.69314718055994531;
  const Tensor u = detail::to_floating("exp2", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::exp2(v); });
  return record("exp2", {u}, y, [y = save_output(y)](const Tensor& gy) { return Gradients(gy * *y * log_2); });
}

Tensor Tensor::exp() const { return xtape::exp(*this); }
Tensor Tensor::expm1() const { return xtape::expm1(*this); }
Tensor Tensor::exp2() const { return xtape::exp2(*this); }

}  // namespace xtape
