// y[v] = how many elements of x are v, or the sum of their weights. Never recorded.
#include <algorithm>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "ops/add_at_places.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t minlength) {
  detail::check_integer("bincount", x);
  const Shape& shape = x.impl()->shape;
  if (shape.size() != 1) fail<ShapeError>("bincount", "expected a 1-D tensor, got {}; flatten it first?", shape);
  if (minlength < 0) fail<ValueError>("bincount", "minlength is {}, it must not be negative", minlength);
  if (weights.defined() && weights.impl()->shape != shape) {
    fail<ShapeError>("bincount", "expected weights {}, got {}", shape, weights.impl()->shape);
  }
  const NoGradGuard no_grad;
  const Tensor at = to(x, DType::int64);
  const std::int64_t *p = detail::elements<std::int64_t>(at), count = at.impl()->numel;
  std::int64_t n = minlength;
  for (std::int64_t i = 0; i < count; ++i) {
    if (p[i] < 0) fail<ValueError>("bincount", "x{} = {} is negative", subscript(shape, i), p[i]);
    n = std::max(n, p[i] == INT64_MAX ? p[i] : p[i] + 1);
  }
  if (weights.defined() && count > 0) {
    const Tensor w = is_floating(weights.impl()->dtype) ? weights : to(weights, DType::float64);
    const Tensor y = detail::make_tensor({n}, w.impl()->dtype);
    detail::add_at_places(w, at, 1, n, 1, y);
    return y;
  }
  const Tensor y = zeros({n}, {.dtype = DType::int64});
  for (std::int64_t i = 0; i < count; ++i) ++detail::elements<std::int64_t>(y)[p[i]];
  return y;
}

Tensor Tensor::bincount(const Tensor& weights, std::int64_t minlength) const {
  return xtape::bincount(*this, weights, minlength);
}

}  // namespace xtape
