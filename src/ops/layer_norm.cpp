// y = (x - m) / sqrt(v + eps) w + b, with the mean m and the biased variance v over the last dims
// For z = (x - m) r, r = 1 / sqrt(v + eps):  dx = r (gz - mean(gz) - z mean(gz z)),  gz = gy w
// Recorded as z, then mul and add for w and b; see ops/normalize.cpp.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/normalize.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias,
                  double eps) {
  detail::check_floating("layer_norm", x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t k = normalized_shape.size(), kept = shape.size() - k;
  if (k == 0) fail<ShapeError>("layer_norm", "normalized_shape () names no dim");
  if (kept < 0 || Shape(shape.begin() + kept, shape.end()) != normalized_shape) {
    fail<ShapeError>("layer_norm", "expected an input that ends in {}, got {}", normalized_shape, shape);
  }
  detail::check_like("layer_norm", "a weight", weight, normalized_shape, x.impl()->dtype);
  detail::check_like("layer_norm", "a bias", bias, normalized_shape, x.impl()->dtype);
  detail::check_eps("layer_norm", eps);
  Shape dims;
  for (std::int64_t d = kept; d < shape.size(); ++d) dims.push_back(d);
  const kernels::Groups groups{1, Shape(shape.begin(), shape.begin() + kept).numel(), normalized_shape.numel()};
  return detail::scale_and_shift(detail::normalize("layer_norm", x, groups, dims, eps).y, weight, bias,
                                 normalized_shape);
}

}  // namespace xtape
