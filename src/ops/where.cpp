// y = a where c, else b        da = gy where c, else 0; db = gy where not c, else 0
// Keeps c. A gradient is chosen, not multiplied by a mask: NaN on the other side cannot leak.
#include "ops/common.hpp"

namespace xtape {

namespace {

template <class T>
void choose(Tensor c, Tensor a, Tensor b, Tensor& y) {
  using detail::elements, detail::Lie;
  const Lie lc = detail::lie_under(c, y.impl()->shape), la = detail::lie_under(a, y.impl()->shape),
            lb = detail::lie_under(b, y.impl()->shape);
  const std::int64_t n = y.impl()->numel;
  const std::int64_t length = std::min({lc.stretch(n), la.stretch(n), lb.stretch(n)});
  const std::int64_t step_c = !lc.is_one(), step_a = !la.is_one(), step_b = !lb.is_one();
  for (std::int64_t start = 0; start < n; start += length) {
    const bool* k = elements<bool>(c) + lc.at(start);
    const T* u = elements<T>(a) + la.at(start);
    const T* v = elements<T>(b) + lb.at(start);
    T* w = elements<T>(y) + start;
    for (std::int64_t i = 0; i < length; ++i) w[i] = k[i * step_c] ? u[i * step_a] : v[i * step_b];
  }
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  detail::check_defined("where", condition);
  if (condition.impl()->dtype != DType::bool_) {
    fail<DTypeError>("where", "the condition is {}, not bool_; compare it with 0?", condition.impl()->dtype);
  }
  const detail::Operands both("where", a, b);
  const Tensor &p = both.a, &q = both.b;
  const Shape values = detail::broadcast_shapes("where", p.impl()->shape, q.impl()->shape);
  const Shape shape = detail::broadcast_shapes("where", condition.impl()->shape, values);
  Tensor y = detail::make_tensor(shape, p.impl()->dtype);
  visit_dtype(p.impl()->dtype, [&]<class T>() { choose<T>(condition, p, q, y); });
  return record("where", {p, q}, std::move(y), [c = save(condition)](const Tensor& gy, Wants wants) {
    return Gradients(wants[0] ? where(*c, gy, 0) : Tensor(), wants[1] ? where(*c, 0, gy) : Tensor());
  });
}

}  // namespace xtape
