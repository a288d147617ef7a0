// Writing into a tensor: copy_, fill_, zero_, add_, mul_ and assignment to a slice. None is recorded. In grad mode all
// refuse a tensor that requires grad or shares storage with one that does. Each increments the storage's version.
#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// x = f(x, b), b cast to x's dtype and broadcast to its shape.
template <class F>
void update(OpName op, const Tensor& x, const Tensor& b, F f) {
  detail::check_defined(op.text, x);
  detail::check_defined(op.text, b);
  detail::check_in_place(op.text, x);
  if (!detail::broadcasts_to(b.impl()->shape, x.impl()->shape)) {
    fail<ShapeError>(op.text, "{} does not broadcast to {}", b.impl()->shape, x.impl()->shape);
  }
  NoGradGuard no_grad;
  Tensor source = to(b, x.impl()->dtype);
  if (source.impl()->storage == x.impl()->storage) source = detail::copy_of(source);
  Tensor y = x;
  visit_dtype(x.impl()->dtype, [&]<class T>() { detail::zip<T, T>(x, source, y, f); });
  detail::mark_written(x);
}

/// DTypeError when x has no arithmetic dtype, or is an integer tensor while b is floating.
void check_arithmetic_in_place(std::string_view op, const Tensor& x, DType b) {
  detail::check_arithmetic(op, x);
  if (is_floating(x.impl()->dtype) || !is_floating(b)) return;
  fail<DTypeError>(op, "{} values cannot be written into a tensor of {} in place; convert it with .to({})", b,
                   x.impl()->dtype, b);
}

}  // namespace

Tensor Tensor::copy_(const Tensor& source) const {
  update("copy_", *this, source, [](auto, auto b) { return b; });
  return *this;
}

Tensor Tensor::fill_(Scalar value) const {
  detail::check_defined("fill_", *this);
  detail::check_fits("fill_", value, impl_->dtype);
  update("fill_", *this, full({}, value, {.dtype = impl_->dtype}), [](auto, auto b) { return b; });
  return *this;
}

Tensor Tensor::zero_() const { return fill_(0); }

Tensor Tensor::add_(const Tensor& other, Scalar alpha) const {
  detail::check_defined("add_", other);
  const Tensor scaled = alpha.to<double>() == 1 ? other : without_grad([&] { return other * alpha; });
  check_arithmetic_in_place("add_", *this, scaled.impl()->dtype);
  update("add_", *this, scaled, []<class T>(T a, T b) {
    using U = typename detail::Wrapping<T>::type;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  });
  return *this;
}

Tensor Tensor::mul_(const Tensor& other) const {
  detail::check_defined("mul_", other);
  check_arithmetic_in_place("mul_", *this, other.impl()->dtype);
  update("mul_", *this, other, []<class T>(T a, T b) {
    using U = typename detail::Wrapping<T>::type;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  });
  return *this;
}

Tensor Tensor::mul_(Scalar other) const { return mul_(detail::wrap("mul_", other, *this)); }

void Tensor::operator=(Scalar value) && { fill_(value); }
void Tensor::operator=(const Tensor& source) && { copy_(source); }

}  // namespace xtape
