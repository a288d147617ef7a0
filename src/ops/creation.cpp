// Tensors of numbers that follow a rule: zeros, ones, empty, eye, full, arange, linspace and the _like forms. None is
// recorded.
#include "xtape/creation.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor detail::filled(std::string_view op, const Shape& shape, Scalar value, DType dtype) {
  Tensor y = make_tensor(shape, dtype);
  check_fits(op, value, dtype);
  visit_dtype(dtype, [&]<class T>() {
    const T v = value.to<T>();
    T* out = elements<T>(y);
    for (std::int64_t i = 0; i < y.impl()->numel; ++i) out[i] = v;
  });
  return y;
}

namespace {

Tensor filled(std::string_view op, const Shape& shape, Scalar value, DType dtype, const TensorOptions& options) {
  return detail::filled(op, shape, value, options.dtype.value_or(dtype)).requires_grad_(options.requires_grad);
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

Tensor eye(std::int64_t n, const TensorOptions& options) { return detail::eye(n, n, options); }
Tensor detail::eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
  Tensor y = filled("eye", {n, m}, 0, options.dtype.value_or(DType::float32));
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

Tensor linspace(Scalar start, Scalar end, std::int64_t steps, const TensorOptions& options) {
  if (steps < 0) fail<ValueError>("linspace", "steps is {}, it must not be negative", steps);
  const DType dtype = options.dtype.value_or(DType::float32);
  if (dtype == DType::bool_) fail<DTypeError>("linspace", "numbers between start and end are not bool_");
  for (const Scalar bound : {start, end}) {
    if (!std::isfinite(bound.to<double>())) {
      fail<ValueError>("linspace", "start and end must be finite, got {} and {}", start.to<double>(), end.to<double>());
    }
    detail::check_fits("linspace", bound, dtype);
  }
  Tensor y = detail::make_tensor({steps}, dtype);
  visit_dtype(dtype, [&]<class T>() {
    T* out = detail::elements<T>(y);
    const double a = static_cast<double>(start.to<T>()), b = static_cast<double>(end.to<T>());
    const double n = static_cast<double>(std::max<std::int64_t>(steps - 1, 1));
    const double step = std::isfinite(b - a) ? (b - a) / n : b / n - a / n;
    // From both ends, as PyTorch does, so that both are exact.
    for (std::int64_t i = 0; i < steps; ++i) {
      const bool is_first_half = i < steps / 2 || steps == 1;
      out[i] = static_cast<T>(is_first_half ? a + step * static_cast<double>(i)
                                            : b - step * static_cast<double>(steps - 1 - i));
    }
  });
  return y.requires_grad_(options.requires_grad);
}

}  // namespace xtape
