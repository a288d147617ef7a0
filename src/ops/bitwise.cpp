// y = a & b, a | b, a ^ b, ~x, bit by bit, of integers; of bool_: and, or, exclusive or, not
// logical_and, ... are the same of x != 0. Never recorded: integers have no gradient.
#include <cstdint>
#include <functional>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// f<U>() for the unsigned type of the elements' size.
template <class F>
void visit_bits(std::string_view op, DType dtype, F f) {
  if (is_floating(dtype)) fail<DTypeError>(op, "expected bool_ or an integer dtype, got {}; compare it first?", dtype);
  visit_width(itemsize(dtype), f);
}

template <class F>
Tensor combine_bits(std::string_view op, const Tensor& a, const Tensor& b, F f) {
  NoGradGuard no_grad;
  const detail::Operands both(op, a, b);
  const DType dtype = both.a.impl()->dtype;
  Tensor y = detail::make_broadcast(op, both.a, both.b, dtype);
  visit_bits(op, dtype, [&]<class U>() { detail::zip<U, U>(both.a, both.b, y, f); });
  return y;
}

/// x != 0.
Tensor truth_of(std::string_view op, const Tensor& x) {
  detail::check_defined(op, x);
  return to(x, DType::bool_);
}

}  // namespace

Tensor bitwise_and(const Tensor& a, const Tensor& b) { return combine_bits("bitwise_and", a, b, std::bit_and<>()); }
Tensor bitwise_or(const Tensor& a, const Tensor& b) { return combine_bits("bitwise_or", a, b, std::bit_or<>()); }
Tensor bitwise_xor(const Tensor& a, const Tensor& b) { return combine_bits("bitwise_xor", a, b, std::bit_xor<>()); }

Tensor bitwise_not(const Tensor& x) {
  detail::check_defined("bitwise_not", x);
  const DType dtype = x.impl()->dtype;
  Tensor y = detail::make_tensor(x.impl()->shape, dtype);
  visit_bits("bitwise_not", dtype, [&]<class U>() {
    const U ones = dtype == DType::bool_ ? U{1} : static_cast<U>(~U{});
    detail::map<U, U>(x, y, [ones](U u) { return static_cast<U>(u ^ ones); });
  });
  return y;
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return combine_bits("logical_and", truth_of("logical_and", a), truth_of("logical_and", b), std::bit_and<>());
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return combine_bits("logical_or", truth_of("logical_or", a), truth_of("logical_or", b), std::bit_or<>());
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return combine_bits("logical_xor", truth_of("logical_xor", a), truth_of("logical_xor", b), std::bit_xor<>());
}
Tensor logical_not(const Tensor& x) { return bitwise_not(truth_of("logical_not", x)); }

Tensor Tensor::bitwise_and(const Tensor& other) const { return xtape::bitwise_and(*this, other); }
Tensor Tensor::bitwise_or(const Tensor& other) const { return xtape::bitwise_or(*this, other); }
Tensor Tensor::bitwise_xor(const Tensor& other) const { return xtape::bitwise_xor(*this, other); }
Tensor Tensor::bitwise_not() const { return xtape::bitwise_not(*this); }
Tensor Tensor::logical_and(const Tensor& other) const { return xtape::logical_and(*this, other); }
Tensor Tensor::logical_or(const Tensor& other) const { return xtape::logical_or(*this, other); }
Tensor Tensor::logical_xor(const Tensor& other) const { return xtape::logical_xor(*this, other); }
Tensor Tensor::logical_not() const { return xtape::logical_not(*this); }

}  // namespace xtape
