// y = log x        dx = gy / x
// Keeps x.
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor log(const Tensor& x) {
  const Tensor u = detail::to_floating("log", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::log(v); });
  return record("log", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy / *x); });
}

Tensor Tensor::log() const { return xtape::log(*this); }

}  // namespace xtape
