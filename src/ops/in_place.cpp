// Writing into a tensor: copy_, fill_, zero_, add_, sub_, mul_, div_ and assignment to a slice. None is recorded; each
// increments the storage's version. The operators += -= *= /= write in place too, unless the result must be recorded:
// then the handle takes the result, provided that nobody can tell the difference.
#include <functional>

#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// x op b for elements, and for tensors, which the tape records.
template <class F, char symbol>
struct InPlace {
  static constexpr char sign[] = {symbol, '=', '\0'};
  static Tensor apply(const Tensor& x, const Tensor& b) { return F()(x, b); }
  template <class T>
  T operator()(T u, T v) const {
    return static_cast<T>(F()(u, v));
  }
};
using AddInPlace = InPlace<std::plus<>, '+'>;
using SubInPlace = InPlace<std::minus<>, '-'>;
using MulInPlace = InPlace<std::multiplies<>, '*'>;
using DivInPlace = InPlace<std::divides<>, '/'>;  // of floating elements: check_operands refuses the others
struct Replace {
  template <class T>
  T operator()(T, T v) const {
    return v;
  }
};

/// x = f(x, b), b cast to x's dtype and broadcast to its shape.
template <class F>
void write(const Tensor& x, const Tensor& b, F f) {
  NoGradGuard no_grad;
  Tensor source = to(b, x.impl()->dtype);
  if (source.impl()->storage == x.impl()->storage) source = detail::copy_of(source);
  Tensor y = x;
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    using U = typename detail::Wrapping<T>::type;
    detail::zip<U, U>(x, source, y, f);
  });
  detail::mark_written(x);
}

void check_shapes(const char* op, const Tensor& x, const Tensor& b) {
  if (detail::broadcasts_to(b.impl()->shape, x.impl()->shape)) return;
  fail<ShapeError>(op, "{} does not broadcast to {}", b.impl()->shape, x.impl()->shape);
}

/// DTypeError or ShapeError unless x has the shape of x op b and its dtype can hold the values.
template <class Op>
void check_operands(const char* op, const Tensor& x, const Tensor& b) {
  detail::check_arithmetic(op, x);
  DType result = detail::result_dtype(x, b);
  if (std::is_same_v<Op, DivInPlace> && !is_floating(result)) result = DType::float32;
  if (is_floating(result) && !is_floating(x.impl()->dtype)) {
    fail<DTypeError>(op, "{} values cannot be written into a tensor of {} in place; convert it with .to({})", result,
                     x.impl()->dtype, result);
  }
  check_shapes(op, x, b);
}

/// GradError if grad mode forbids to write b's elements into x without recording.
void check_unrecorded(const char* op, const Tensor& x, const Tensor& b) {
  detail::check_in_place(op, x);
  if (!is_grad_enabled() || !b.requires_grad()) return;
  fail<GradError>(op,
                  "an operand of shape {} requires grad, and this write would not be recorded; make a new tensor "
                  "instead (x = x + y, cat, stack, where), or pass its detach()",
                  b.impl()->shape);
}

template <class Op>
void update(const char* op, const Tensor& x, const Tensor& b) {
  check_operands<Op>(op, x, b);
  check_unrecorded(op, x, b);
  if (detail::result_dtype(x, b) == x.impl()->dtype) return write(x, b, Op());
  write(x, without_grad([&x, &b] { return Op::apply(x, b); }), Replace());  // computed in the later dtype, rounded once
}

void fill_with(const char* op, const Tensor& x, Scalar value) {
  detail::check_fits(op, value, x.impl()->dtype);
  detail::check_in_place(op, x);
  write(x, full({}, value, {.dtype = x.impl()->dtype}), Replace());
}

void check_both_defined(const char* op, const Tensor& x, const Tensor& b) {
  detail::check_defined(op, x);
  detail::check_defined(op, b);
}

/// x = x op (alpha b), with the product in the dtype of x op b.
template <class Op>
void update_scaled(const char* op, const Tensor& x, const Tensor& b, Scalar alpha) {
  check_both_defined(op, x, b);
  check_unrecorded(op, x, b);  // before the product, which is not recorded
  if (alpha.to<double>() == 1) return update<Op>(op, x, b);
  detail::check_arithmetic(op, x);
  detail::check_arithmetic(op, b);
  update<Op>(op, x, without_grad([&x, &b, alpha] { return to(b, detail::result_dtype(x, b)) * alpha; }));
}

// ---- the operators -----------------------------------------------------------------------------------------------

void check_left(const char* sign, const Tensor& x) {
  if (x.defined()) return;
  fail<ValueError>(sign, "the left side is undefined; begin with zeros(...) or, for a gradient, run backward first");
}

void check_sides(const char* sign, const Tensor& x, const Tensor& b) {
  check_left(sign, x);
  if (!b.defined()) fail<ValueError>(sign, "the right side is undefined; has backward run?");
}

/// GradError unless x may take a recorded result: nobody else must see x's elements.
void check_may_take_result(const char* sign, const Tensor& x) {
  if (x.is_leaf() && x.requires_grad()) detail::check_in_place(sign, x);  // throws
  detail::check_not_copied(sign, x);
  if (detail::is_only_handle(x)) return;
  fail<GradError>(sign,
                  "the result must be recorded, but another handle or view of this tensor of shape {} would keep the "
                  "old elements; write x = x {} y, or start from a clone()",
                  x.impl()->shape, sign[0]);
}

template <class Op>
Tensor& assign(Tensor& x, const Tensor& b) {
  check_sides(Op::sign, x, b);
  if (!is_grad_enabled() || !(x.requires_grad() || b.requires_grad())) {
    update<Op>(Op::sign, x, b);
    return x;
  }
  check_operands<Op>(Op::sign, x, b);
  check_may_take_result(Op::sign, x);
  return x = to(Op::apply(x, b), x.impl()->dtype);
}

/// For a const handle or a temporary, which never takes a recorded result.
template <class Op>
Tensor assign_in_place(const Tensor& x, const Tensor& b) {
  check_sides(Op::sign, x, b);
  update<Op>(Op::sign, x, b);
  return x;
}

Tensor wrapped(const char* sign, Scalar number, const Tensor& x) {
  check_left(sign, x);
  return detail::wrap(sign, number, x);
}

}  // namespace

Tensor Tensor::copy_(const Tensor& source) const {
  check_both_defined("copy_", *this, source);
  check_unrecorded("copy_", *this, source);
  check_shapes("copy_", *this, source);
  write(*this, source, Replace());
  return *this;
}

Tensor Tensor::fill_(Scalar value) const {
  detail::check_defined("fill_", *this);
  fill_with("fill_", *this, value);
  return *this;
}

Tensor Tensor::zero_() const {
  detail::check_defined("zero_", *this);
  fill_with("zero_", *this, 0);
  return *this;
}

Tensor Tensor::add_(const Tensor& other, Scalar alpha) const {
  update_scaled<AddInPlace>("add_", *this, other, alpha);
  return *this;
}

Tensor Tensor::sub_(const Tensor& other, Scalar alpha) const {
  update_scaled<SubInPlace>("sub_", *this, other, alpha);
  return *this;
}

Tensor Tensor::mul_(const Tensor& other) const {
  check_both_defined("mul_", *this, other);
  update<MulInPlace>("mul_", *this, other);
  return *this;
}

Tensor Tensor::div_(const Tensor& other) const {
  check_both_defined("div_", *this, other);
  update<DivInPlace>("div_", *this, other);
  return *this;
}

Tensor Tensor::add_(Scalar other) const { return add_(detail::wrap("add_", other, *this)); }
Tensor Tensor::sub_(Scalar other) const { return sub_(detail::wrap("sub_", other, *this)); }
Tensor Tensor::mul_(Scalar other) const { return mul_(detail::wrap("mul_", other, *this)); }
Tensor Tensor::div_(Scalar other) const { return div_(detail::wrap("div_", other, *this)); }

Tensor& Tensor::operator+=(const Tensor& b) & { return assign<AddInPlace>(*this, b); }
Tensor& Tensor::operator-=(const Tensor& b) & { return assign<SubInPlace>(*this, b); }
Tensor& Tensor::operator*=(const Tensor& b) & { return assign<MulInPlace>(*this, b); }
Tensor& Tensor::operator/=(const Tensor& b) & { return assign<DivInPlace>(*this, b); }
Tensor& Tensor::operator+=(Scalar b) & { return *this += wrapped("+=", b, *this); }
Tensor& Tensor::operator-=(Scalar b) & { return *this -= wrapped("-=", b, *this); }
Tensor& Tensor::operator*=(Scalar b) & { return *this *= wrapped("*=", b, *this); }
Tensor& Tensor::operator/=(Scalar b) & { return *this /= wrapped("/=", b, *this); }

Tensor Tensor::operator+=(const Tensor& b) const& { return assign_in_place<AddInPlace>(*this, b); }
Tensor Tensor::operator-=(const Tensor& b) const& { return assign_in_place<SubInPlace>(*this, b); }
Tensor Tensor::operator*=(const Tensor& b) const& { return assign_in_place<MulInPlace>(*this, b); }
Tensor Tensor::operator/=(const Tensor& b) const& { return assign_in_place<DivInPlace>(*this, b); }
Tensor Tensor::operator+=(Scalar b) const& { return *this += wrapped("+=", b, *this); }
Tensor Tensor::operator-=(Scalar b) const& { return *this -= wrapped("-=", b, *this); }
Tensor Tensor::operator*=(Scalar b) const& { return *this *= wrapped("*=", b, *this); }
Tensor Tensor::operator/=(Scalar b) const& { return *this /= wrapped("/=", b, *this); }

void Tensor::operator=(Scalar value) && { fill_(value); }
void Tensor::operator=(const Tensor& source) && { copy_(source); }

}  // namespace xtape
