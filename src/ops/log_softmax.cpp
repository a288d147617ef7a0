// y = x - log(sum exp(x))        dx = gy - exp(y) sum(gy)        along one dim
// Keeps y, not x: exp(y) is softmax, so x can be freed.
#include <cmath>
#include <limits>

#include "kernels/softmax.hpp"
#include "ops/common.hpp"

namespace xtape {

Tensor log_softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("log_softmax", x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim("log_softmax", dim, shape.size());
  const auto [outer, n, inner] = detail::around(shape, d);
  Tensor y = detail::make_tensor(shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&, outer = outer, n = n, inner = inner]<class T>() {
    kernels::log_softmax(detail::elements<T>(x), detail::elements<T>(y), outer, n, inner);
  });
  return record("log_softmax", {x}, y, [y = save(y), d](const Tensor& gy) {
    return Gradients(gy - exp(*y) * sum(gy, d, true));
  });
}

}  // namespace xtape
