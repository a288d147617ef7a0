// y = min(max(x, lo), hi)        dx = gy where lo < x < hi, else 0
// relu6 is hardtanh from 0 to 6. NaN passes through, without a gradient. Keeps y, not x: it is inside where x is.
#include <algorithm>
#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

void check_bound(const char* what, double bound, DType dtype) {
  if (std::isnan(bound)) fail<ValueError>("hardtanh", "{} is NaN", what);
  if (is_floating(dtype)) return;
  detail::check_fits("hardtanh", bound, dtype);
  if (bound != std::trunc(bound)) {
    fail<ValueError>("hardtanh", "{} {} is not a whole number, but the input is {}; convert it with .to(float32)", what,
                     bound, dtype);
  }
}

Tensor held_between(OpName op, const Tensor& x, double lo, double hi) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    const T l = static_cast<T>(lo), h = static_cast<T>(hi);
    detail::map<T, T>(x, y, [l, h](T v) { return std::min(std::max(v, l), h); });
  });
  return record(op, {x}, y, [y = save_output(y), lo, hi](const Tensor& gy) {
    return Gradients(where(*y > lo, where(*y < hi, gy, 0), 0));
  });
}

}  // namespace

Tensor hardtanh(const Tensor& x, double min_val, double max_val) {
  detail::check_arithmetic("hardtanh", x);
  check_bound("min_val", min_val, x.impl()->dtype);
  check_bound("max_val", max_val, x.impl()->dtype);
  if (min_val > max_val) fail<ValueError>("hardtanh", "min_val {} is greater than max_val {}", min_val, max_val);
  return held_between("hardtanh", x, min_val, max_val);
}

Tensor relu6(const Tensor& x) {
  detail::check_arithmetic("relu6", x);
  return held_between("relu6", x, 0, 6);
}

}  // namespace xtape
