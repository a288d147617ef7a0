// y = (x - m) r,  r = 1 / sqrt(v + eps)        dx = r (gy - mean(gy) - y mean(gy y))        within each group
// m and v are the group's mean and biased variance, functions of x.
// Keeps y and r for the fused gradient, and x for the gradient in recorded ops, which computes m and v again.
#include "ops/normalize.hpp"

#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::detail {

namespace {

/// The gradient in recorded ops, as a function of x and gy.
Tensor recorded_gradient(const Tensor& x, const Tensor& gy, const Shape& dims, double eps) {
  const Tensor centred = x - mean(x, dims, true);
  const Tensor scale = 1 / sqrt(mean(centred * centred, dims, true) + eps), y = centred * scale;
  return scale * (gy - mean(gy, dims, true) - y * mean(gy * y, dims, true));
}

Tensor fused_gradient(const Tensor& y, const Tensor& scale, const Tensor& gy, const kernels::Groups& groups) {
  Tensor dx = make_tensor(y.impl()->shape, y.impl()->dtype);
  const Tensor means = make_tensor({2, groups.count}, DType::float64);
  double* m = elements<double>(means);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    kernels::normalize_gradient(elements<T>(y), elements<T>(gy), groups, elements<double>(scale), m, m + groups.count,
                                elements<T>(dx));
  });
  return dx;
}

}  // namespace

void check_eps(std::string_view op, double eps) {
  if (!(eps >= 0)) fail<ValueError>(op, "eps is {}, it must not be negative", eps);
}

Normalized normalize(OpName op, const Tensor& x, const kernels::Groups& groups, const Shape& dims, double eps) {
  Tensor y = make_tensor(x.impl()->shape, x.impl()->dtype);
  const Tensor mean = make_tensor({groups.count}, DType::float64), variance = empty_like(mean);
  Tensor scale = empty_like(mean);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    kernels::moments(elements<T>(x), groups, elements<double>(mean), elements<double>(variance));
    map<double, double>(variance, scale, [eps](double v) { return 1 / std::sqrt(v + eps); });
    kernels::normalize(elements<T>(x), groups, elements<double>(mean), elements<double>(scale), elements<T>(y));
  });
  y = record(op, {x}, y, [x = save(x), y = save_output(y), scale = save(scale), groups, dims, eps](const Tensor& gy) {
    return Gradients(is_grad_enabled() ? recorded_gradient(*x, gy, dims, eps) : fused_gradient(*y, *scale, gy, groups));
  });
  return {y, mean, variance};
}

void check_like(std::string_view op, const char* what, const Tensor& t, const Shape& shape, DType dtype) {
  if (!t.defined()) return;
  if (t.impl()->shape != shape) fail<ShapeError>(op, "expected {} {}, got {}", what, shape, t.impl()->shape);
  if (t.impl()->dtype == dtype) return;
  fail<DTypeError>(op, "the input is {}, {} {}; convert one with .to", dtype, what, t.impl()->dtype);
}

Tensor scale_and_shift(Tensor y, const Tensor& weight, const Tensor& bias, const Shape& shape) {
  if (weight.defined()) y = y * weight.reshape(shape);
  if (bias.defined()) y = y + bias.reshape(shape);
  return y;
}

}  // namespace xtape::detail
