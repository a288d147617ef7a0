// Writing into a tensor: copy_, fill_, zero_, add_, sub_, mul_, div_ and assignment to a slice. None is recorded; each
// increments the storage's version. The operators += -= *= /= &= |= ^= write in place too, unless the result must be
// recorded: then the handle takes the result, provided that nobody can tell the difference.
#include <functional>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/broadcast.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/primitives.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

void detail::check_unrecorded(const char* op, const Tensor& x, const Tensor& b) {
  check_in_place(op, x);
  if (!is_grad_enabled() || !b.requires_grad()) return;
  fail<GradError>(op,
                  "an operand of shape {} requires grad, and this write would not be recorded; make a new tensor "
                  "instead (x = x + y, cat, stack, where), or pass its detach()",
                  b.impl()->shape);
}

Tensor detail::apart_from(const Tensor& x, const Tensor& b) {
  return b.impl()->storage == x.impl()->storage ? copy_of(b) : b;
}

namespace {

/// y = a op b for elements of one dtype. y may be a.
using Write = void (*)(const Tensor& a, const Tensor& b, Tensor& y);

/// x op b, which the tape records, and how it is written.
template <class F, char symbol, Write function>
struct InPlace {
  static constexpr char sign[] = {symbol, '=', '\0'};
  static constexpr Write write = function;
  static Tensor apply(const Tensor& x, const Tensor& b) { return F()(x, b); }
};
using AddInPlace = InPlace<std::plus<>, '+', detail::write_sum>;
using SubInPlace = InPlace<std::minus<>, '-', detail::write_difference>;
using MulInPlace = InPlace<std::multiplies<>, '*', detail::write_product>;
using DivInPlace = InPlace<std::divides<>, '/', detail::write_quotient>;  // check_operands refuses integers

/// y = b.
void replace(const Tensor& a, const Tensor& b, Tensor& y) {
  visit_width(itemsize(y.impl()->dtype), [&]<class U>() { detail::zip<U, U>(a, b, y, [](U, U v) { return v; }); });
}

/// x = f(x, b), b cast to x's dtype and broadcast to its shape.
void write(const Tensor& x, const Tensor& b, Write f = replace) {
  NoGradGuard no_grad;
  const Tensor source = detail::apart_from(x, to(b, x.impl()->dtype));
  Tensor y = x;
  f(x, source, y);
  detail::mark_written(x);
}

void check_shapes(const char* op, const Tensor& x, const Tensor& b) {
  if (detail::broadcasts_to(b.impl()->shape, x.impl()->shape)) return;
  fail<ShapeError>(op, "{} does not broadcast to {}", b.impl()->shape, x.impl()->shape);
}

/// DTypeError or ShapeError unless x has the shape of x op b and its dtype can hold the values.
template <class Op>
void check_operands(const char* op, const Tensor& x, const Tensor& b) {
  const DType dtype = x.impl()->dtype;
  DType result = detail::result_dtype(x, b);
  if (std::is_same_v<Op, SubInPlace> && result == DType::bool_) detail::check_arithmetic(op, x);  // throws
  if (std::is_same_v<Op, DivInPlace> && !is_floating(result)) result = DType::float32;
  const bool raises = is_floating(result) ? !is_floating(dtype) : dtype == DType::bool_ && result != DType::bool_;
  if (raises) {
    fail<DTypeError>(op, "{} values cannot be written into a tensor of {} in place; convert it with .to({})", result,
                     dtype, result);
  }
  check_shapes(op, x, b);
}

template <class Op>
void update(const char* op, const Tensor& x, const Tensor& b) {
  check_operands<Op>(op, x, b);
  detail::check_unrecorded(op, x, b);
  const DType dtype = x.impl()->dtype;
  if (detail::result_dtype(x, b) == dtype && dtype != DType::bool_) return write(x, b, Op::write);
  write(x, without_grad([&x, &b] { return Op::apply(x, b); }));  // computed in the later dtype, rounded once
}

void fill_with(const char* op, const Tensor& x, Scalar value) {
  const Tensor number = detail::filled(op, {}, value, x.impl()->dtype);
  detail::check_in_place(op, x);
  write(x, number);
}

void check_both_defined(const char* op, const Tensor& x, const Tensor& b) {
  detail::check_defined(op, x);
  detail::check_defined(op, b);
}

/// x = x op (alpha b), with the product in the dtype of x op b.
template <class Op>
void update_scaled(const char* op, const Tensor& x, const Tensor& b, Scalar alpha) {
  check_both_defined(op, x, b);
  detail::check_unrecorded(op, x, b);  // before the product, which is not recorded
  if (alpha.to<double>() == 1) return update<Op>(op, x, b);
  update<Op>(op, x, without_grad([op, &x, &b, alpha] {
               const Tensor c = to(b, detail::result_dtype(x, b));
               return c * detail::wrap(op, alpha, c);
             }));
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

/// ValueError unless a write into this temporary reaches the tensor that it was made from.
void check_reaches_original(const char* sign, const Tensor& x) {
  if (!x.defined() || x.impl()->subscript == detail::Subscript::none) return;
  const bool compound = sign[1] != '\0';
  if (x.impl()->subscript == detail::Subscript::mask) {
    fail<ValueError>(sign, "x[mask] {} v would write into a copy and leave x as it is; use x.{}", sign,
                     compound ? "copy_(where(mask, ..., x))"
                              : "masked_fill_(mask, v), or x.copy_(where(mask, v, x)) for a tensor v");
  }
  fail<ValueError>(sign, "x[index] {} v would write into a copy and leave x as it is; use x.{}", sign,
                   compound ? "index_add_(0, index, v) or x.index_copy_(0, index, ...)" : "index_copy_(0, index, v)");
}

template <class Op>
Tensor assign_to_temporary(const Tensor& x, const Tensor& b) {
  check_reaches_original(Op::sign, x);
  return assign_in_place<Op>(x, b);
}

/// Of bool_ and integers: x = f(x, b).
template <class F>
Tensor assign_bits(const char* sign, const Tensor& x, const Tensor& b, F f) {
  check_sides(sign, x, b);
  check_operands<F>(sign, x, b);
  detail::check_in_place(sign, x);
  write(x, f(x, b));
  return x;
}

Tensor wrapped(const char* sign, Scalar number, const Tensor& x) {
  check_left(sign, x);
  return detail::wrap(sign, number, x);
}

}  // namespace

Tensor Tensor::copy_(const Tensor& source) const {
  check_both_defined("copy_", *this, source);
  detail::check_unrecorded("copy_", *this, source);
  check_shapes("copy_", *this, source);
  write(*this, source);
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

Tensor Tensor::operator+=(const Tensor& b) && { return assign_to_temporary<AddInPlace>(*this, b); }
Tensor Tensor::operator-=(const Tensor& b) && { return assign_to_temporary<SubInPlace>(*this, b); }
Tensor Tensor::operator*=(const Tensor& b) && { return assign_to_temporary<MulInPlace>(*this, b); }
Tensor Tensor::operator/=(const Tensor& b) && { return assign_to_temporary<DivInPlace>(*this, b); }
Tensor Tensor::operator+=(Scalar b) && { return std::move(*this) += wrapped("+=", b, *this); }
Tensor Tensor::operator-=(Scalar b) && { return std::move(*this) -= wrapped("-=", b, *this); }
Tensor Tensor::operator*=(Scalar b) && { return std::move(*this) *= wrapped("*=", b, *this); }
Tensor Tensor::operator/=(Scalar b) && { return std::move(*this) /= wrapped("/=", b, *this); }

Tensor Tensor::operator&=(const Tensor& b) const& { return assign_bits("&=", *this, b, std::bit_and<>()); }
Tensor Tensor::operator|=(const Tensor& b) const& { return assign_bits("|=", *this, b, std::bit_or<>()); }
Tensor Tensor::operator^=(const Tensor& b) const& { return assign_bits("^=", *this, b, std::bit_xor<>()); }
Tensor Tensor::operator&=(Scalar b) const& { return *this &= wrapped("&=", b, *this); }
Tensor Tensor::operator|=(Scalar b) const& { return *this |= wrapped("|=", b, *this); }
Tensor Tensor::operator^=(Scalar b) const& { return *this ^= wrapped("^=", b, *this); }
Tensor Tensor::operator&=(const Tensor& b) && {
  check_reaches_original("&=", *this);
  return *this &= b;
}
Tensor Tensor::operator|=(const Tensor& b) && {
  check_reaches_original("|=", *this);
  return *this |= b;
}
Tensor Tensor::operator^=(const Tensor& b) && {
  check_reaches_original("^=", *this);
  return *this ^= b;
}
Tensor Tensor::operator&=(Scalar b) && { return std::move(*this) &= wrapped("&=", b, *this); }
Tensor Tensor::operator|=(Scalar b) && { return std::move(*this) |= wrapped("|=", b, *this); }
Tensor Tensor::operator^=(Scalar b) && { return std::move(*this) ^= wrapped("^=", b, *this); }

void Tensor::operator=(Scalar value) && {
  check_reaches_original("=", *this);
  fill_(value);
}
void Tensor::operator=(const Tensor& source) && {
  check_reaches_original("=", *this);
  copy_(source);
}

}  // namespace xtape
