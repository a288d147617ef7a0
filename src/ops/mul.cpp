// y = a b        da = gy b, db = gy a
// Keeps each factor that the other's gradient needs. Of bool_, as in PyTorch: a and b.
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor mul(const Tensor& a, const Tensor& b) {
  const detail::Operands both("mul", a, b);
  const Tensor &p = both.a, &q = both.b;
  Tensor y = detail::make_broadcast("mul", p, q, p.impl()->dtype);
  detail::write_product(p, q, y);
  return record("mul", {p, q}, std::move(y),
                [p = save(p, q.requires_grad()), q = save(q, p.requires_grad())](const Tensor& gy, Wants wants) {
                  return Gradients(wants[0] ? gy * *q : Tensor(), wants[1] ? gy * *p : Tensor());
                });
}

void detail::write_product(const Tensor& a, const Tensor& b, Tensor& y) {
  zip_arithmetic(a, b, y, [](auto u, auto v) { return u * v; });
}

}  // namespace xtape
