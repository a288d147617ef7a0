// y = a where c, else b        da = gy where c, else 0; db = gy where not c, else 0
// Keeps c. Gradients are selected, not multiplied by a mask, so that NaN on the other side cannot leak.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

void detail::write_where(const Tensor& condition, const Tensor& a, const Tensor& b, Tensor& y) {
  const Shape& shape = y.impl()->shape;
  const Broadcast c(condition, shape), u(a, shape), v(b, shape);
  visit_width(itemsize(y.impl()->dtype), [&]<class T>() {
    kernels::broadcast_runs(
        elements<T>(y), y.impl()->numel, [](bool k, T s, T t) { return k ? s : t; }, c.operand<bool>(), u.operand<T>(),
        v.operand<T>());
  });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  detail::check_mask("where", condition, "condition");
  const detail::Operands both("where", a, b);
  const Tensor &p = both.a, &q = both.b;
  const Shape values = detail::broadcast_shapes("where", p.impl()->shape, q.impl()->shape);
  const Shape shape = detail::broadcast_shapes("where", condition.impl()->shape, values);
  Tensor y = detail::make_tensor(shape, p.impl()->dtype);
  detail::write_where(condition, p, q, y);
  return record("where", {p, q}, std::move(y), [c = save(condition)](const Tensor& gy, Wants wants) {
    return Gradients(wants[0] ? where(*c, gy, 0) : Tensor(), wants[1] ? where(*c, 0, gy) : Tensor());
  });
}

}  // namespace xtape
