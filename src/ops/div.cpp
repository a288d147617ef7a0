// y = a / b        da = gy / b, db = -gy a / b^2
// Keeps b, and a for db.
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor div(const Tensor& a, const Tensor& b) {
  const detail::Operands both("div", a, b);
  // Integers from their own dtypes: a 0-dim int32 need not fit the dtype of both, uint8 say.
  const bool floating = is_floating(both.a.impl()->dtype);
  const Tensor p = floating ? both.a : to(a, DType::float32), q = floating ? both.b : to(b, DType::float32);
  Tensor y = detail::make_broadcast("div", p, q, p.impl()->dtype);
  detail::write_quotient(p, q, y);
  return record("div", {p, q}, std::move(y),
                [p = save(p, q.requires_grad()), q = save(q)](const Tensor& gy, Wants wants) {
                  // a / b / b: gy / b could be infinite for a small b, and then NaN for a = 0
                  return Gradients(wants[0] ? gy / *q : Tensor(), wants[1] ? -(gy * (*p / *q / *q)) : Tensor());
                });
}

void detail::write_quotient(const Tensor& a, const Tensor& b, Tensor& y) {
  visit_floating(a.impl()->dtype, [&]<class T>() { zip<T, T>(a, b, y, [](T u, T v) { return u / v; }); });
}

Tensor reciprocal(const Tensor& x) {
  detail::check_defined("reciprocal", x);
  return 1 / x;
}

Tensor Tensor::reciprocal() const { return xtape::reciprocal(*this); }

}  // namespace xtape
