// y = (x is NaN), (x is infinite), (x is neither): bool_; integers and bool_ are finite
// Never recorded: bool_ has no gradient.
#include <cmath>

#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// test(x) for floating elements.
template <class F>
Tensor test_elements(const Tensor& x, F test) {
  Tensor y = detail::make_tensor(x.impl()->shape, DType::bool_);
  visit_floating(x.impl()->dtype, [&]<class T>() { detail::map<T, bool>(x, y, test); });
  return y;
}

}  // namespace

Tensor isnan(const Tensor& x) {
  detail::check_defined("isnan", x);
  return ne(x, x);
}

Tensor isinf(const Tensor& x) {
  detail::check_defined("isinf", x);
  if (!is_floating(x.impl()->dtype)) return zeros(x.impl()->shape, {.dtype = DType::bool_});
  return test_elements(x, [](auto v) { return std::isinf(v); });
}

Tensor isfinite(const Tensor& x) {
  detail::check_defined("isfinite", x);
  if (!is_floating(x.impl()->dtype)) return ones(x.impl()->shape, {.dtype = DType::bool_});
  return test_elements(x, [](auto v) { return std::isfinite(v); });
}

Tensor Tensor::isnan() const { return xtape::isnan(*this); }
Tensor Tensor::isinf() const { return xtape::isinf(*this); }
Tensor Tensor::isfinite() const { return xtape::isfinite(*this); }

}  // namespace xtape
