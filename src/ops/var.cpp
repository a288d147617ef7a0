// v = sum of (x - m)^2 / k, m the mean of x, k = n - correction        dx = gv 2 (x - m) / k
// s = sqrt v                                                           dx = gs (x - m) / (k s), and 0 where s is 0
// Both along dims. Keep x; std keeps s, too.
#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/variance.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

detail::ReducedDims checked_dims(std::string_view op, const Tensor& x, const Shape& dims, double correction) {
  detail::check_floating(op, x);
  if (!std::isfinite(correction)) fail<ValueError>(op, "correction is {}, expected a finite number", correction);
  return detail::reduced_dims(op, x, dims);
}

/// dv/dx times gv, which has 1 in place of the reduced extents. x - m is taken in double: in float32 a large mean would
/// leave few digits of it.
Tensor var_gradient(const Tensor& x, const Shape& dims, const Tensor& gv, std::int64_t n, double correction) {
  const Tensor wide = to(x, float64), centred = to(wide - mean(wide, dims, true), x.dtype());
  return gv * (2 / std::max(0.0, static_cast<double>(n) - correction)) * centred;
}

}  // namespace

Tensor var(const Tensor& x, const Shape& dims, double correction, bool keepdim) {
  const detail::ReducedDims over = checked_dims("var", x, dims, correction);
  Tensor y = detail::reduce_rows(
      x, over, keepdim, [correction](const auto* p, std::int64_t n) { return kernels::variance(p, n, correction); });
  return record("var", {x}, std::move(y),
                [x = save(x), dims, n = over.n, with_ones = over.with_ones, correction](const Tensor& gy) {
                  return Gradients(var_gradient(*x, dims, gy.reshape(with_ones), n, correction));
                });
}

Tensor std(const Tensor& x, const Shape& dims, double correction, bool keepdim) {
  const detail::ReducedDims over = checked_dims("std", x, dims, correction);
  const Tensor y = detail::reduce_rows(x, over, keepdim, [correction](const auto* p, std::int64_t n) {
    return std::sqrt(kernels::variance(p, n, correction));
  });
  return record(
      "std", {x}, y,
      [x = save(x), y = save_output(y), dims, n = over.n, with_ones = over.with_ones, correction](const Tensor& gy) {
        const Tensor s = *y, zero = s == 0;
        const Tensor gv = where(zero, 0, gy / (2 * where(zero, 1, s)));
        return Gradients(var_gradient(*x, dims, gv.reshape(with_ones), n, correction));
      });
}

Tensor var(const Tensor& x, std::int64_t dim, double correction, bool keepdim) {
  return var(x, Shape{dim}, correction, keepdim);
}
Tensor var(const Tensor& x) { return var(x, Shape()); }
Tensor std(const Tensor& x, std::int64_t dim, double correction, bool keepdim) {
  return std(x, Shape{dim}, correction, keepdim);
}
Tensor std(const Tensor& x) { return std(x, Shape()); }

Tensor Tensor::var() const { return xtape::var(*this); }
Tensor Tensor::var(const Shape& dims, double correction, bool keepdim) const {
  return xtape::var(*this, dims, correction, keepdim);
}
Tensor Tensor::var(std::initializer_list<std::int64_t> dims, double correction, bool keepdim) const {
  return xtape::var(*this, Shape(dims), correction, keepdim);
}
Tensor Tensor::var(std::int64_t dim, double correction, bool keepdim) const {
  return xtape::var(*this, dim, correction, keepdim);
}
Tensor Tensor::std() const { return xtape::std(*this); }
Tensor Tensor::std(const Shape& dims, double correction, bool keepdim) const {
  return xtape::std(*this, dims, correction, keepdim);
}
Tensor Tensor::std(std::initializer_list<std::int64_t> dims, double correction, bool keepdim) const {
  return xtape::std(*this, Shape(dims), correction, keepdim);
}
Tensor Tensor::std(std::int64_t dim, double correction, bool keepdim) const {
  return xtape::std(*this, dim, correction, keepdim);
}

}  // namespace xtape
