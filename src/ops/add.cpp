// y = a + b        da = gy, db = gy
// Keeps nothing. Of bool_, as in PyTorch: a or b.
#include <utility>

#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor add(const Tensor& a, const Tensor& b) {
  const detail::Operands both("add", a, b);
  const Tensor &p = both.a, &q = both.b;
  if (p.impl()->dtype == DType::bool_) return logical_or(p, q);
  Tensor y = detail::make_broadcast("add", p, q, p.impl()->dtype);
  detail::write_sum(p, q, y);
  return record("add", {p, q}, std::move(y), [](const Tensor& gy) { return Gradients(gy, gy); });
}

namespace detail {

void write_sum(const Tensor& a, const Tensor& b, Tensor& y) {
  zip_arithmetic(a, b, y, [](auto u, auto v) { return u + v; });
}

void accumulate(Tensor& sum, const Tensor& x) {
  if (is_grad_enabled() || !owns_storage_alone(sum)) {
    sum = add(sum, x);
  } else {
    write_sum(sum, x, sum);
  }
}

}  // namespace detail
}  // namespace xtape
