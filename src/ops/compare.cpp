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

template <class F>
Tensor compare(std::string_view op, const Tensor& a, const Tensor& b, F f) {
  NoGradGuard no_grad;
  const detail::Operands operands(op, a, b);
  Tensor y = detail::make_broadcast(op, operands.a, operands.b, DType::bool_);
  visit_dtype(operands.a.impl()->dtype, [&]<class T>() { detail::zip<T, bool>(operands.a, operands.b, y, f); });
  return y;
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", a, b, std::equal_to<>()); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare("ne", a, b, std::not_equal_to<>()); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", a, b, std::less<>()); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", a, b, std::less_equal<>()); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", a, b, std::greater<>()); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", a, b, std::greater_equal<>()); }

}  // namespace xtape
