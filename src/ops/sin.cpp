// y = sin x        dx = gy cos x        Keeps x.
// y = cos x        dx = -gy sin x        Keeps x.
// y = tan x        dx = gy (1 + y^2)        Keeps y, not x: x can be freed.
// By std::sin, which xtensor's sin calls, too.
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor sin(const Tensor& x) {
  const Tensor u = detail::to_floating("sin", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::sin(v); });
  return record("sin", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy * cos(*x)); });
}

Tensor cos(const Tensor& x) {
  const Tensor u = detail::to_floating("cos", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::cos(v); });
  return record("cos", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy * -sin(*x)); });
}

Tensor tan(const Tensor& x) {
  const Tensor u = detail::to_floating("tan", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::tan(v); });
  return record("tan", {u}, y, [y = save_output(y)](const Tensor& gy) {
    const Tensor v = *y;
    return Gradients(gy * (1 + v * v));
  });
}

Tensor Tensor::sin() const { return xtape::sin(*this); }
Tensor Tensor::cos() const { return xtape::cos(*this); }
Tensor Tensor::tan() const { return xtape::tan(*this); }

}  // namespace xtape
