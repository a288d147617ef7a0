// y = (a == b), or |a - b| finite and at most atol + |rtol b|: bool_
// Never recorded. xtensor's isclose compares with the larger of atol and rtol max(|a|, |b|), which is another test than
// PyTorch's; made of ops, PyTorch's test needs no loop of its own.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

void check_close(const char* op, const Tensor& a, const Tensor& b, double rtol, double atol) {
  detail::check_defined(op, a);
  detail::check_defined(op, b);
  const DType s = a.impl()->dtype, t = b.impl()->dtype;
  if (s != t) fail<DTypeError>(op, "the dtypes differ: {} and {}; convert one with .to", s, t);
  if (!(rtol >= 0)) fail<ValueError>(op, "rtol must be at least 0, got {}", rtol);
  if (!(atol >= 0)) fail<ValueError>(op, "atol must be at least 0, got {}", atol);
  detail::broadcast_shapes(op, a.impl()->shape, b.impl()->shape);
}

Tensor are_close(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  NoGradGuard no_grad;
  if (!is_floating(a.impl()->dtype)) return are_close(to(a, DType::float64), to(b, DType::float64), rtol, atol, false);
  const Tensor error = abs(a - b);
  const Tensor close = (a == b) | (isfinite(error) & (error <= atol + abs(rtol * b)));
  return equal_nan ? close | (isnan(a) & isnan(b)) : close;
}

}  // namespace

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_close("isclose", a, b, rtol, atol);
  return are_close(a, b, rtol, atol, equal_nan);
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_close("allclose", a, b, rtol, atol);
  return all(are_close(a, b, rtol, atol, equal_nan)).item<bool>();
}

Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return xtape::isclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return xtape::allclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace xtape
