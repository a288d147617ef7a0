// y = floor x, ceil x, trunc x, round x (half to even), sign x        dx = 0
// Keeps nothing. The gradients are zeros, and recorded, as in PyTorch. xtensor's round takes halves away from zero, and
// its sign of NaN is NaN; PyTorch's round halves to even, and its sign of NaN is 0.
#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// Integers are whole already.
template <class F>
Tensor to_whole(OpName op, const Tensor& x, F f) {
  detail::check_arithmetic(op.text, x);
  if (!is_floating(x.impl()->dtype)) return clone(x);
  return record(op, {x}, detail::map_floating(x, f), [](const Tensor& gy) { return Gradients(zeros_like(gy)); });
}

/// x rounded behind the point. Where x has no digits so far behind, x times the power of ten may overflow: x stays.
template <class T>
T round_behind_point(T x, T power_of_ten) {
  const T y = std::nearbyint(x * power_of_ten) / power_of_ten;
  return std::isfinite(y) ? y : x;
}

/// x rounded to a multiple of a power of ten, which may be infinite.
template <class T>
T round_to_multiple(T x, T power_of_ten) {
  const T y = std::nearbyint(x / power_of_ten);
  return y == 0 ? y : y * power_of_ten;
}

}  // namespace

Tensor floor(const Tensor& x) {
  return to_whole("floor", x, [](auto v) { return std::floor(v); });
}

Tensor ceil(const Tensor& x) {
  return to_whole("ceil", x, [](auto v) { return std::ceil(v); });
}

Tensor trunc(const Tensor& x) {
  return to_whole("trunc", x, [](auto v) { return std::trunc(v); });
}

Tensor round(const Tensor& x, std::int64_t decimals) {
  if (decimals == 0) {
    return to_whole("round", x, [](auto v) { return std::nearbyint(v); });
  }
  detail::check_floating("round", x);
  const double power_of_ten = std::pow(10.0, std::abs(static_cast<double>(decimals)));
  return to_whole("round", x, [decimals, power_of_ten]<class T>(T v) {
    const T power = static_cast<T>(power_of_ten);
    return decimals > 0 ? round_behind_point(v, power) : round_to_multiple(v, power);
  });
}

Tensor sign(const Tensor& x) {
  detail::check_defined("sign", x);
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype,
                   [&]<class T>() { detail::map<T, T>(x, y, [](T v) { return static_cast<T>((v > 0) - (v < 0)); }); });
  return record("sign", {x}, std::move(y), [](const Tensor& gy) { return Gradients(zeros_like(gy)); });
}

Tensor Tensor::floor() const { return xtape::floor(*this); }
Tensor Tensor::ceil() const { return xtape::ceil(*this); }
Tensor Tensor::trunc() const { return xtape::trunc(*this); }
Tensor Tensor::round(std::int64_t decimals) const { return xtape::round(*this, decimals); }
Tensor Tensor::sign() const { return xtape::sign(*this); }

}  // namespace xtape
