// What op files share: checks that speak in the op's name, promotion and broadcasting, and loops over elements.
// An op file reads: checks, value, record.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/rows.hpp"
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
/// A new tensor of the shape that a and b broadcast to.
Tensor make_broadcast(std::string_view op, const Tensor& a, const Tensor& b, DType dtype);

/// Both operands in the dtype of the result: the caller's own tensors, or recorded casts. Shapes are as they were.
class Operands {
 public:
  Operands(std::string_view op, const Tensor& x, const Tensor& z);
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

 private:
  Tensor cast_a_, cast_b_;  // defined where a cast was needed

 public:
  const Tensor &a, &b;
};
/// ValueError when an integer dtype cannot hold the number (without its fraction).
void check_fits(std::string_view op, Scalar number, DType dtype);
/// All in the latest of their dtypes. ValueError when there is none, or one is undefined.
std::vector<Tensor> promote_all(std::string_view op, const std::vector<Tensor>& tensors);

// ---- loops -----------------------------------------------------------------------------------------------------

/// y[i] = f(x[i]), T -> U.
template <class T, class U, class F>
void map(const Tensor& x, Tensor& y, F f) {
  const T* in = elements<T>(x);
  U* out = elements<U>(y);
  const std::int64_t n = x.impl()->numel;
  for (std::int64_t i = 0; i < n; ++i) out[i] = f(in[i]);
}

/// How an operand's elements lie under the result's: element i of the result meets operand element
/// (i / repeat) % period. Every broadcast that repeats only leading or only trailing dims is of this kind.
struct Lie {
  std::int64_t repeat, period;
  /// How many of the result's n elements meet contiguous operand elements, or one element again and again.
  std::int64_t stretch(std::int64_t n) const { return repeat > 1 ? repeat : period == 1 ? n : period; }
  bool is_one() const { return repeat > 1 || period == 1; }
  std::int64_t at(std::int64_t i) const { return i / repeat % period; }
};
/// ... and those that are not (a repeated dim in the middle) are expanded first: `x` is replaced by its expansion.
Lie lie_under(Tensor& x, const Shape& shape);

/// y[i] = f(a[i], b[i]) where a or b is broadcast to y's shape.
template <class T, class U, class F>
void zip_broadcast(Tensor a, Tensor b, Tensor& y, F f) {
  const Lie la = lie_under(a, y.impl()->shape), lb = lie_under(b, y.impl()->shape);
  const std::int64_t n = y.impl()->numel;
  const std::int64_t length = std::min(la.stretch(n), lb.stretch(n));
  const T *pa = elements<T>(a), *pb = elements<T>(b);
  U* out = elements<U>(y);
  for (std::int64_t start = 0; start < n; start += length) {
    const T* u = pa + la.at(start);
    const T* v = pb + lb.at(start);
    U* w = out + start;
    if (la.is_one()) {
      const std::int64_t step = lb.is_one() ? 0 : 1;
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(*u, v[i * step]);
    } else if (lb.is_one()) {
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(u[i], *v);
    } else {
      for (std::int64_t i = 0; i < length; ++i) w[i] = f(u[i], v[i]);
    }
  }
}

/// y[i] = f(a[i], b[i]) with broadcasting, T -> U. The shapes of a and b broadcast to that of y.
template <class T, class U, class F>
void zip(const Tensor& a, const Tensor& b, Tensor& y, F f) {
  const std::int64_t n = y.impl()->numel;
  if (a.impl()->numel != n || b.impl()->numel != n) return zip_broadcast<T, U>(a, b, y, f);
  const T *u = elements<T>(a), *v = elements<T>(b);
  U* w = elements<U>(y);
  for (std::int64_t i = 0; i < n; ++i) w[i] = f(u[i], v[i]);
}

/// What integer arithmetic is done in: unsigned, which wraps around where signed arithmetic is undefined.
template <class T>
struct Wrapping : std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, std::make_unsigned<T>,
                                     std::type_identity<T>> {};

/// The value of an elementwise arithmetic op on operands of one dtype (int32, int64, float32 or float64).
/// Integers come to f as Wrapping: for +, -, * only, an order would be the unsigned one.
template <class F>
Tensor zip_arithmetic(std::string_view op, const Tensor& a, const Tensor& b, F f) {
  check_arithmetic(op, a);
  Tensor y = make_broadcast(op, a, b, a.impl()->dtype);
  visit_arithmetic(a.impl()->dtype, [&]<class T>() {
    using U = typename Wrapping<T>::type;
    zip<U, U>(a, b, y, f);
  });
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

/// A shape seen from one dim.
kernels::Rows rows_along(const Shape& shape, std::int64_t dim);

/// The value of x with dim d moved to the end, x itself where it is there already; and back. Not recorded.
Tensor dim_to_end(const Tensor& x, std::int64_t d);
Tensor dim_from_end(const Tensor& y, std::int64_t d);

/// The value of a kernel(x..., y, rows, n) on contiguous rows that lie along dim d; the x have one shape and a floating
/// dtype. `kernel.operator()<T>()` is the function.
template <class Kernel, class... X>
Tensor map_rows(std::int64_t d, Kernel kernel, const X&... x) {
  const auto on_last = [kernel](const Tensor& u, const auto&... more) {
    Tensor y = make_tensor(u.impl()->shape, u.impl()->dtype);
    const kernels::Rows rows = rows_along(u.impl()->shape, u.impl()->shape.size() - 1);
    visit_floating(u.impl()->dtype, [&]<class T>() {
      kernel.template operator()<T>()(elements<T>(u), elements<T>(more)..., elements<T>(y), rows.outer, rows.n);
    });
    return y;
  };
  return dim_from_end(on_last(dim_to_end(x, d)...), d);
}

/// `shape` without `dim`, or with 1 in its place. A 0-dim shape stays as it is.
Shape without_dim(const Shape& shape, std::int64_t dim, bool keepdim);

/// The dims that a reduction takes away, checked.
struct Reduced {
  bool dim[Shape::max_dim] = {};
  std::int64_t n = 1;  // elements of x for each of y
  Shape with_ones;     // x's shape with 1 in place of the reduced extents
};
/// IndexError outside the range, ValueError when a dim is given twice.
Reduced reduced_dims(std::string_view op, const Tensor& x, const Shape& dims);

// ---- indices ---------------------------------------------------------------------------------------------------

/// The index as int64, every element known to lie in [0, n); IndexError names the first that does not.
Tensor checked_index(std::string_view op, const Tensor& index, std::int64_t n);

// ---- ops that other ops are made of; the dims are normal and the shapes fit ------------------------------------

/// The value of narrow: a view for dim 0, else a copy. Not recorded.
Tensor slices(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// x with zeros before and after along a dim. Defined in ops/narrow.cpp.
Tensor pad(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t after);
/// A tensor of zeros with n slices along d, to which slice j of x is added at index[j]. Defined in
/// ops/index_select.cpp.
Tensor index_add(const Tensor& x, std::int64_t d, const Tensor& index, std::int64_t n);
/// a b for matrices or batches of them, either one read as its transpose. Defined in ops/matmul.cpp.
Tensor matmul_t(const Tensor& a, const Tensor& b, bool trans_a, bool trans_b);

}  // namespace xtape::detail
