// Tensors from values: zeros, ones, empty, eye, full, arange, their _like forms, and what tensor(...) calls. None is
// recorded.
#include "xtape/creation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor filled(std::string_view op, const Shape& shape, Scalar value, DType dtype, const TensorOptions& options) {
  Tensor y = detail::make_tensor(shape, options.dtype.value_or(dtype));
  detail::check_fits(op, value, y.impl()->dtype);
  visit_dtype(y.dtype(), [&]<class T>() {
    const T v = value.to<T>();
    T* out = detail::elements<T>(y);
    for (std::int64_t i = 0; i < y.impl()->numel; ++i) out[i] = v;
  });
  return y.requires_grad_(options.requires_grad);
}

}  // namespace

Tensor zeros(const Shape& shape, const TensorOptions& options) {
  return filled("zeros", shape, 0, DType::float32, options);
}
Tensor ones(const Shape& shape, const TensorOptions& options) {
  return filled("ones", shape, 1, DType::float32, options);
}
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options) {
  return filled("full", shape, value, value.dtype(), options);
}
Tensor empty(const Shape& shape, const TensorOptions& options) {
  return detail::make_tensor(shape, options.dtype.value_or(DType::float32)).requires_grad_(options.requires_grad);
}

namespace {
Tensor filled_like(std::string_view op, const Tensor& x, Scalar value, const TensorOptions& options) {
  detail::check_defined(op, x);
  return filled(op, x.shape(), value, x.dtype(), options);
}
}  // namespace

Tensor zeros_like(const Tensor& x, const TensorOptions& options) { return filled_like("zeros_like", x, 0, options); }
Tensor ones_like(const Tensor& x, const TensorOptions& options) { return filled_like("ones_like", x, 1, options); }
Tensor full_like(const Tensor& x, Scalar value, const TensorOptions& options) {
  return filled_like("full_like", x, value, options);
}
Tensor empty_like(const Tensor& x, const TensorOptions& options) {
  detail::check_defined("empty_like", x);
  return empty(x.shape(), {.dtype = options.dtype.value_or(x.dtype()), .requires_grad = options.requires_grad});
}

Tensor eye(std::int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
  Tensor y = filled("eye", {n, m}, 0, DType::float32, {.dtype = options.dtype});
  visit_dtype(y.dtype(), [&]<class T>() {
    for (std::int64_t i = 0; i < std::min(n, m); ++i) detail::elements<T>(y)[i * m + i] = T{1};
  });
  return y.requires_grad_(options.requires_grad);
}

Tensor arange(Scalar end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(Scalar start, Scalar end, const TensorOptions& options) { return arange(start, end, 1, options); }
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options) {
  const bool real = is_floating(start.dtype()) || is_floating(end.dtype()) || is_floating(step.dtype());
  const double a = start.to<double>(), b = end.to<double>(), h = step.to<double>();
  if (!(h > 0 || h < 0)) fail<ValueError>("arange", "step is {}, it must be a number other than 0", h);
  if (!(h > 0 ? a <= b : a >= b)) fail<ValueError>("arange", "step {} never leads from {} to {}", h, a, b);
  // Integers are subtracted as integers: beyond 2^53, doubles are not exact.
  const auto first = start.to<std::int64_t>(), by = step.to<std::int64_t>();
  std::int64_t distance = 0;
  const bool exact = !real && !__builtin_sub_overflow(end.to<std::int64_t>(), first, &distance);
  const double count = std::ceil((exact ? static_cast<double>(distance) : b - a) / h);
  if (!(count < 1e15)) fail<ValueError>("arange", "{} elements from {} to {} by {} are too many", count, a, b, h);
  Tensor y = detail::make_tensor({static_cast<std::int64_t>(count)},
                                 options.dtype.value_or(real ? DType::float32 : DType::int64));
  const auto element = [&](std::int64_t i) -> Scalar {
    return real ? Scalar(a + static_cast<double>(i) * h) : Scalar(first + i * by);
  };
  if (y.impl()->numel > 0) {
    detail::check_fits("arange", element(0), y.impl()->dtype);
    detail::check_fits("arange", element(y.impl()->numel - 1), y.impl()->dtype);
  }
  visit_dtype(y.dtype(), [&]<class T>() {
    T* out = detail::elements<T>(y);
    for (std::int64_t i = 0; i < y.impl()->numel; ++i) out[i] = element(i).to<T>();
  });
  return y.requires_grad_(options.requires_grad);
}

namespace detail {

Tensor from_elements(const void* elements, DType dtype, std::int64_t count, const Shape& shape,
                     const TensorOptions& options) {
  Tensor y = make_tensor(shape, dtype);
  if (y.impl()->numel != count) fail<ShapeError>("tensor", "{} elements do not fill shape {}", count, shape);
  if (count) std::memcpy(y.impl()->data, elements, static_cast<std::size_t>(count * itemsize(dtype)));
  const DType wanted = options.dtype.value_or(dtype);
  if (wanted != dtype && !is_floating(wanted)) {
    visit_dtype(dtype, [&]<class T>() {
      for (std::int64_t i = 0; i < count; ++i) check_fits("tensor", detail::elements<T>(y)[i], wanted);
    });
  }
  return without_grad([&] { return to(y, wanted); }).requires_grad_(options.requires_grad);
}

void fail_ragged(std::int64_t row, std::int64_t expected, std::int64_t got) {
  fail<ShapeError>("tensor", "row {} has {} elements, row 0 has {}", row, got, expected);
}

}  // namespace detail
}  // namespace xtape
