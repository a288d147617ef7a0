// y = (sum of |x|^p)^(1/p) along dims        dx = gy sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0
// p = 0 counts the elements other than 0, and has no gradient; p = inf or -inf is the largest or smallest magnitude,
// and those equal to it share the gradient. Keeps x and y.
#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/vector_norm.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// g where x > 0, -g where x < 0, else 0.
Tensor with_sign_of(const Tensor& x, const Tensor& g) {
  return where(x > 0, g, where(x < 0, -g, zeros({}, {.dtype = g.dtype()})));
}

/// y and gy have 1 in place of the reduced extents. Where y or an element of x is 0, numbers without meaning are
/// replaced by 1 before they are used: gradients of this gradient would not survive a division by 0.
Tensor norm_gradient(const Tensor& x, const Tensor& y, const Tensor& gy, double p, const Shape& dims) {
  if (p == 1) return with_sign_of(x, gy);
  if (std::isinf(p)) {
    const Tensor chosen = abs(x) == y;
    return where(chosen, with_sign_of(x, gy / sum(chosen, dims, true)), 0);
  }
  const Tensor none = y == 0, scale = where(none, 1, y);
  if (p == 2) return where(none, 0, gy * (x / scale));
  const Tensor zero = x == 0;
  const Tensor slope = gy * pow(where(zero, 1, abs(x)) / scale, p - 1);
  return where(none, 0, where(zero, 0, where(x < 0, -slope, slope)));
}

}  // namespace

Tensor norm(const Tensor& x, double p, const Shape& dims, bool keepdim) {
  detail::check_floating("norm", x);
  if (std::isnan(p)) fail<ValueError>("norm", "p is nan, expected a number or INFINITY");
  const detail::ReducedDims over = detail::reduced_dims("norm", x, dims);
  Tensor y =
      detail::reduce_rows(x, over, keepdim, [p](const auto* u, std::int64_t n) { return kernels::norm(u, n, p); });
  if (over.n == 0 && y.impl()->numel > 0 && (p < 0 || std::isinf(p))) {
    fail<ValueError>("norm", "p = {} over no elements of {}; it needs at least one", p, x.impl()->shape);
  }
  return record("norm", {x}, y,
                [x = save(x), y = save_output(y), p, dims, with_ones = over.with_ones](const Tensor& gy) {
                  if (p == 0) return Gradients(Tensor());
                  return Gradients(norm_gradient(*x, (*y).reshape(with_ones), gy.reshape(with_ones), p, dims));
                });
}

Tensor norm(const Tensor& x, double p, std::int64_t dim, bool keepdim) { return norm(x, p, Shape{dim}, keepdim); }
Tensor norm(const Tensor& x, double p) { return norm(x, p, Shape()); }

Tensor Tensor::norm(double p) const { return xtape::norm(*this, p); }
Tensor Tensor::norm(double p, const Shape& dims, bool keepdim) const { return xtape::norm(*this, p, dims, keepdim); }
Tensor Tensor::norm(double p, std::initializer_list<std::int64_t> dims, bool keepdim) const {
  return xtape::norm(*this, p, Shape(dims), keepdim);
}
Tensor Tensor::norm(double p, std::int64_t dim, bool keepdim) const { return xtape::norm(*this, p, dim, keepdim); }

}  // namespace xtape
