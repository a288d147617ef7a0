// y = 0 where x < 0, else x        dx = 0 where y <= 0, else gy
// Keeps y, not x: it is positive (or NaN) where x is. NaN passes through, and its gradient too.
#include "kernels/isa.hpp"
#include "ops/common.hpp"

namespace xtape {

namespace {

Tensor fused_gradient(const Tensor& y, const Tensor& gy) {
  Tensor dx = detail::make_tensor(y.impl()->shape, y.impl()->dtype);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    kernels::isa_of<T>().relu_gradient(detail::elements<T>(y), detail::elements<T>(gy), detail::elements<T>(dx),
                                       y.impl()->numel);
  });
  return dx;
}

}  // namespace

Tensor relu(const Tensor& x) {
  detail::check_arithmetic("relu", x);
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      kernels::isa_of<T>().relu(detail::elements<T>(x), detail::elements<T>(y), x.impl()->numel);
    } else {
      detail::map<T, T>(x, y, [](T u) { return u < 0 ? T{} : u; });
    }
  });
  return record("relu", {x}, y, [y = save(y)](const Tensor& gy) {
    return Gradients(is_grad_enabled() ? where(*y <= 0, 0, gy) : fused_gradient(*y, gy));
  });
}

}  // namespace xtape
