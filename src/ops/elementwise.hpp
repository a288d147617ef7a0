// The values of elementwise ops: the shape that operands broadcast to, and the loops y[i] = f(x[i], ...). Nothing here
// is recorded.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/dispatch.hpp"
#include "kernels/broadcast_runs.hpp"
#include "ops/checks.hpp"

namespace xtape::detail {

/// ShapeError names the dim and both extents.
Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b);
/// A new tensor of the shape that a and b broadcast to.
Tensor make_broadcast(std::string_view op, const Tensor& a, const Tensor& b, DType dtype);

/// An operand of broadcast_runs: x or, where a dim between kept dims is repeated, x expanded to `shape`. Must outlive
/// what `operand` returns.
class Broadcast {
 public:
  Broadcast(const Tensor& x, const Shape& shape);

  template <class T>
  kernels::BroadcastOperand<T> operand() const {
    return {elements<T>(x_), repetition_};
  }

 private:
  Tensor x_;
  kernels::Repetition repetition_;
};

/// y[i] = f(x[i]), T -> U.
template <class T, class U, class F>
void map(const Tensor& x, Tensor& y, F f) {
  const T* in = elements<T>(x);
  U* out = elements<U>(y);
  const std::int64_t n = x.impl()->numel;
  for (std::int64_t i = 0; i < n; ++i) out[i] = f(in[i]);
}

/// y[i] = f(a[i], b[i]) with broadcasting, T -> U. The shapes of a and b broadcast to that of y.
template <class T, class U, class F>
[[gnu::always_inline]] inline void zip(const Tensor& a, const Tensor& b, Tensor& y, F f) {
  const std::int64_t n = y.impl()->numel;
  U* w = elements<U>(y);
  if (a.impl()->numel != n || b.impl()->numel != n) {
    const Broadcast p(a, y.impl()->shape), q(b, y.impl()->shape);
    return kernels::broadcast_runs(w, n, f, p.operand<T>(), q.operand<T>());
  }
  const T *u = elements<T>(a), *v = elements<T>(b);
  for (std::int64_t i = 0; i < n; ++i) w[i] = f(u[i], v[i]);
}

/// The type of integer arithmetic: unsigned, which wraps around where signed arithmetic is undefined.
template <class T>
struct Wrapping : std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, std::make_unsigned<T>,
                                     std::type_identity<T>> {};

/// zip for an arithmetic op, all of one dtype. f gets integers as Wrapping: it may use +, - and *, but not compare.
/// bool_ comes as the bytes 0 and 1, and f must give such bytes.
template <class F>
[[gnu::always_inline]] inline void zip_arithmetic(const Tensor& a, const Tensor& b, Tensor& y, F f) {
  visit_arithmetic(a.impl()->dtype, [&]<class T>() {
    using U = typename Wrapping<T>::type;
    zip<U, U>(a, b, y, f);
  });
}

/// The value of an elementwise floating function.
template <class F>
Tensor map_floating(const Tensor& x, F f) {
  Tensor y = make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() { map<T, T>(x, y, f); });
  return y;
}

}  // namespace xtape::detail
