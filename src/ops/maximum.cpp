// y = max(a, b)        da = gy where a > b, gy / 2 where a = b, else 0; db likewise, and minimum likewise
// NaN wins, and then gy goes to both. Keeps a and b.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// `wins(a, b)`: a is the result, and b gets no gradient.
template <class Wins>
Tensor extremum(OpName op, const Tensor& a, const Tensor& b, Wins wins) {
  const detail::Operands both(op.text, a, b);
  const Tensor &p = both.a, &q = both.b;
  Tensor y = detail::make_broadcast(op.text, p, q, p.impl()->dtype);
  visit_arithmetic(p.impl()->dtype, [&]<class T>() {
    detail::zip<T, T>(p, q, y, [wins](T u, T v) { return wins(u, v) || u != u ? u : v; });
  });
  return record(op, {p, q}, std::move(y), [a = save(p), b = save(q), wins](const Tensor& gy, Wants wants) {
    const Tensor shared = where(*a == *b, gy * 0.5, gy);
    return Gradients(wants[0] ? where(wins(*b, *a), 0, shared) : Tensor(),
                     wants[1] ? where(wins(*a, *b), 0, shared) : Tensor());
  });
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  return extremum("maximum", a, b, [](const auto& u, const auto& v) { return u > v; });
}

Tensor minimum(const Tensor& a, const Tensor& b) {
  return extremum("minimum", a, b, [](const auto& u, const auto& v) { return u < v; });
}

}  // namespace xtape
