// y = exp(x) / sum exp(x)        dx = y (gy - sum(gy y))        along one dim
// Keeps y, not x: x can be freed.
#include "kernels/softmax.hpp"
#include "ops/common.hpp"

namespace xtape {

Tensor softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("softmax", x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim("softmax", dim, shape.size());
  Tensor y = detail::make_tensor(shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    kernels::softmax(detail::elements<T>(x), detail::elements<T>(y), detail::rows_along(shape, d));
  });
  return record("softmax", {x}, y, [y = save(y), d](const Tensor& gy) {
    const Tensor v = *y;
    if (is_grad_enabled()) return Gradients(v * (gy - sum(gy * v, d, true)));
    Tensor dx = detail::make_tensor(v.impl()->shape, v.impl()->dtype);
    visit_floating(v.impl()->dtype, [&]<class T>() {
      kernels::softmax_gradient(detail::elements<T>(v), detail::elements<T>(gy), detail::elements<T>(dx),
                              detail::rows_along(v.impl()->shape, d));
    });
    return Gradients(dx);
  });
}

}  // namespace xtape
