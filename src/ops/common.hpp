// What op files share: checks that speak in the op's name, promotion and broadcasting, and loops over elements.
// An op file reads: checks, value, record.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

// ---- checks ----------------------------------------------------------------------------------------------------

/// ValueError when x is undefined.
void check_defined(std::string_view op, const Tensor& x);
/// DTypeError unless floating.
void check_floating(std::string_view op, const Tensor& x);
/// DTypeError on bool_ and uint8.
void check_arithmetic(std::string_view op, const Tensor& x);
/// DTypeError unless an integer dtype (bool_ is none).
void check_integer(std::string_view op, const Tensor& x);
/// The dim counted from the front; IndexError outside [-rank, rank). A 0-dim tensor has the dims 0 and -1.
std::int64_t normalize_dim(std::string_view op, std::int64_t dim, std::int64_t rank);
/// x itself when floating, else float32; DTypeError on bool_ and uint8.
Tensor to_floating(std::string_view op, const Tensor& x);

// ---- broadcasting ----------------------------------------------------------------------------------------------

/// ShapeError names the dim and both extents.
Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b);

/// Both operands in the dtype of the result (a recorded cast where needed); shapes as they were.
struct Operands {
  Tensor a, b;
};
Operands promote_operands(std::string_view op, const Tensor& a, const Tensor& b);

// ---- loops -----------------------------------------------------------------------------------------------------

/// y[i] = f(x[i]), T -> U.
template <class T, class U, class F>
void map(const Tensor& x, Tensor& y, F f) {
  const T* in = elements<T>(x);
  U* out = elements<U>(y);
  const std::int64_t n = x.numel();
  for (std::int64_t i = 0; i < n; ++i) out[i] = f(in[i]);
}

/// How an operand's elements lie under the result's: element i of the result meets operand element
/// (i / repeat) % period. Every broadcast that repeats only leading or only trailing dims is of this kind.
struct Lie {
  std::int64_t repeat, period;
};
/// ... and those that are not (a repeated dim in the middle) are expanded first: `x` is replaced by its expansion.
Lie lie_under(Tensor& x, const Shape& shape);

/// y[i] = f(a[i], b[i]) with broadcasting, T -> U. The shapes of a and b broadcast to that of y.
template <class T, class U, class F>
void zip(Tensor a, Tensor b, Tensor& y, F f) {
  const Lie la = lie_under(a, y.shape()), lb = lie_under(b, y.shape());
  const std::int64_t n = y.numel();
  // Within a stretch each operand is contiguous, or one element again and again.
  auto stretch = [n](Lie l) { return l.repeat > 1 ? l.repeat : l.period == 1 ? n : l.period; };
  const std::int64_t length = std::min(stretch(la), stretch(lb));
  const T *pa = elements<T>(a), *pb = elements<T>(b);
  U* out = elements<U>(y);
  for (std::int64_t start = 0; start < n; start += length) {
    const T* u = pa + start / la.repeat % la.period;
    const T* v = pb + start / lb.repeat % lb.period;
    U* w = out + start;
    const bool one_u = la.repeat > 1 || la.period == 1, one_v = lb.repeat > 1 || lb.period == 1;
    if (one_u) {
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(*u, one_v ? *v : v[i]);
    } else if (one_v) {
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(u[i], *v);
    } else {
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(u[i], v[i]);
    }
  }
}

/// The value of an elementwise arithmetic op on operands of one dtype (int32, int64, float32 or float64).
template <class F>
Tensor zip_arithmetic(std::string_view op, const Tensor& a, const Tensor& b, F f) {
  check_arithmetic(op, a);
  Tensor y = make_tensor(broadcast_shapes(op, a.impl()->shape, b.impl()->shape), a.impl()->dtype);
  visit_arithmetic(a.impl()->dtype, [&]<class T>() { zip<T, T>(a, b, y, f); });
  return y;
}

/// The value of an elementwise floating function.
template <class F>
Tensor map_floating(const Tensor& x, F f) {
  Tensor y = make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() { map<T, T>(x, y, f); });
  return y;
}

// ---- dims ------------------------------------------------------------------------------------------------------

/// A shape seen from one dim: (outer, n, inner), row-major.
struct Around {
  std::int64_t outer = 1, n = 1, inner = 1;
};
Around around(const Shape& shape, std::int64_t dim);

}  // namespace xtape::detail
