// y = a + b        da = gy, db = gy
// Keeps nothing. Of bool_, as in PyTorch: a or b.
#include <utility>

#include "autograd/backward_ops.hpp"
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor add(const Tensor& a, const Tensor& b) {
  const detail::Operands both("add", a, b);
  const Tensor &p = both.a, &q = both.b;
  if (p.impl()->dtype == DType::bool_) return logical_or(p, q);
  Tensor y = detail::zip_arithmetic("add", p, q, [](auto u, auto v) { return u + v; });
  return record("add", {p, q}, std::move(y), [](const Tensor& gy) { return Gradients(gy, gy); });
}

namespace detail {

void accumulate(Tensor& sum, const Tensor& x) {
  if (is_grad_enabled() || !owns_storage_alone(sum)) {
    sum = add(sum, x);
  } else {
    visit_floating(sum.dtype(), [&]<class T>() { zip<T, T>(sum, x, sum, [](auto u, auto v) { return u + v; }); });
  }
}

}  // namespace detail
}  // namespace xtape
