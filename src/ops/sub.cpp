// y = a - b        da = gy, db = -gy
// Keeps nothing.
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor sub(const Tensor& a, const Tensor& b) {
  const detail::Operands both("sub", a, b);
  const Tensor &p = both.a, &q = both.b;
  detail::check_arithmetic("sub", p);
  Tensor y = detail::zip_arithmetic("sub", p, q, [](auto u, auto v) { return u - v; });
  return record("sub", {p, q}, std::move(y),
                [](const Tensor& gy, Wants wants) { return Gradients(gy, wants[1] ? -gy : Tensor()); });
}

}  // namespace xtape
