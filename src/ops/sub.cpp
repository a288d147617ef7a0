// y = a - b        da = gy, db = -gy
// Keeps nothing.
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor sub(const Tensor& a, const Tensor& b) {
  const detail::Operands both("sub", a, b);
  const Tensor &p = both.a, &q = both.b;
  detail::check_arithmetic("sub", p);
  Tensor y = detail::make_broadcast("sub", p, q, p.impl()->dtype);
  detail::write_difference(p, q, y);
  return record("sub", {p, q}, std::move(y),
                [](const Tensor& gy, Wants wants) { return Gradients(gy, wants[1] ? -gy : Tensor()); });
}

void detail::write_difference(const Tensor& a, const Tensor& b, Tensor& y) {
  zip_arithmetic(a, b, y, [](auto u, auto v) { return u - v; });
}

}  // namespace xtape
