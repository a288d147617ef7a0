// y = a^b        da = gy b a^(b-1), and 0 for b = 0; db = gy y log a, and 0 for a = 0 with b >= 0
// Keeps a and b, and y for db. Where the formula is 0 times infinity, a is replaced by 1 before the power or
// the logarithm is taken: masking the result alone would leave the NaN in the gradient's own gradient.
#include <cmath>
#include <type_traits>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// a^b for b >= 0, modulo 2^8, 2^32 or 2^64.
template <class T>
T integer_power(T a, T b) {
  using U = typename detail::Wrapping<T>::type;
  U power = 1;
  for (U square = static_cast<U>(a); b > 0; b = static_cast<T>(b >> 1), square = static_cast<U>(square * square)) {
    if (b & 1) power = static_cast<U>(power * square);
  }
  return static_cast<T>(power);
}

template <class T>
void check_exponents(const Tensor& b) {
  const T* p = detail::elements<T>(b);
  for (std::int64_t i = 0; i < b.impl()->numel; ++i) {
    if (p[i] < 0) {
      fail<ValueError>("pow", "exponent{} = {}: integers have no negative powers; convert the base with .to(float32)",
                       subscript(b.impl()->shape, i), p[i]);
    }
  }
}

template <class T>
void power(const Tensor& a, const Tensor& b, Tensor& y) {
  if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) check_exponents<T>(b);
    detail::zip<T, T>(a, b, y, integer_power<T>);
  } else if (b.impl()->numel == 1 && *detail::elements<T>(b) == 2) {
    detail::zip<T, T>(a, b, y, [](T u, T) { return u * u; });
  } else if (b.impl()->numel == 1 && *detail::elements<T>(b) == 1) {
    detail::zip<T, T>(a, b, y, [](T u, T) { return u; });
  } else {
    detail::zip<T, T>(a, b, y, [](T u, T v) { return std::pow(u, v); });
  }
}

/// Where test(a, b) holds; undefined if it holds nowhere.
template <class F>
Tensor find(const Tensor& a, const Tensor& b, F test) {
  Tensor y = detail::make_broadcast("pow", a, b, DType::bool_);
  bool any = false;
  visit_floating(a.impl()->dtype, [&]<class T>() {
    detail::zip<T, bool>(a, b, y, [&any, test](T u, T v) {
      const bool here = test(u, v);
      any |= here;
      return here;
    });
  });
  return any ? y : Tensor();
}

constexpr auto zero_by_exponent = [](auto a, auto b) { return b == 0 && !std::isfinite(1 / a); };
constexpr auto zero_by_base = [](auto a, auto b) { return a == 0 && b >= 0; };

/// x with `value` where `mask` holds.
Tensor put(const Tensor& mask, Scalar value, const Tensor& x) { return mask.defined() ? where(mask, value, x) : x; }

}  // namespace

Tensor pow(const Tensor& a, const Tensor& b) {
  const detail::Operands both("pow", a, b);
  const Tensor &p = both.a, &q = both.b;
  detail::check_arithmetic("pow", p);
  Tensor y = detail::make_broadcast("pow", p, q, p.impl()->dtype);
  visit_arithmetic(p.impl()->dtype, [&]<class T>() { power<T>(p, q, y); });
  return record("pow", {p, q}, y,
                [a = save(p), b = save(q), y = save_output(y, q.requires_grad())](const Tensor& gy, Wants wants) {
                  Tensor da, db;
                  if (wants[0]) {
                    const Tensor zero = find(*a, *b, zero_by_exponent);
                    da = put(zero, 0, gy * (*b * pow(put(zero, 1, *a), *b - 1)));
                  }
                  if (wants[1]) {
                    const Tensor zero = find(*a, *b, zero_by_base);
                    db = put(zero, 0, gy * (*y * log(put(zero, 1, *a))));
                  }
                  return Gradients(da, db);
                });
}

Tensor Tensor::pow(Scalar exponent) const { return xtape::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return xtape::pow(*this, exponent); }
Tensor Tensor::square() const {
  detail::check_defined("square", *this);
  return xtape::pow(*this, 2);
}

}  // namespace xtape
