// y = -log(1 + e^-x)        dx = gy / (1 + e^x)
// Keeps x: far above 0, y no longer tells it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor logsigmoid(const Tensor& x) {
  const Tensor u = detail::to_floating("logsigmoid", x);
  // Not -log1p_exp(-x), which would end at -0.
  Tensor y =
      detail::map_floating(u, []<class T>(T v) { return std::min(v, T{0}) - std::log1p(std::exp(-std::abs(v))); });
  return record("logsigmoid", {u}, std::move(y),
                [x = save(u)](const Tensor& gy) { return Gradients(gy * sigmoid(-*x)); });
}

}  // namespace xtape
