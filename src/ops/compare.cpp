// y = (a ? b) for ==, !=, <, <=, >, >=: bool_, of any dtypes
// Never recorded: a comparison has no gradient.
#include <functional>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// f(a, b), or f(b, a) if swapped.
template <class F>
Tensor compare(std::string_view op, const Tensor& a, const Tensor& b, F f, bool swapped = false) {
  NoGradGuard no_grad;
  const detail::Operands both(op, a, b);
  const Tensor &p = swapped ? both.b : both.a, &q = swapped ? both.a : both.b;
  Tensor y = detail::make_broadcast(op, both.a, both.b, DType::bool_);
  visit_arithmetic(p.impl()->dtype, [&]<class T>() { detail::zip<T, bool>(p, q, y, f); });
  return y;
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", a, b, std::equal_to<>()); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare("ne", a, b, std::not_equal_to<>()); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", a, b, std::less<>()); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", a, b, std::less_equal<>()); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", a, b, std::less<>(), true); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", a, b, std::less_equal<>(), true); }

}  // namespace xtape
