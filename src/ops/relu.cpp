// y = 0 where x < 0, else x        dx = 0 where y <= 0, else gy
// Keeps y, not x: it is positive (or NaN) where x is. NaN passes through, and its gradient too.
#include <type_traits>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor fused_gradient(const Tensor& y, const Tensor& gy) {
  Tensor dx = detail::make_tensor(y.impl()->shape, y.impl()->dtype);
  visit_floating(y.impl()->dtype, [&]<class T>() {
    const T *u = detail::elements<T>(y), *g = detail::elements<T>(gy);
    T* d = detail::elements<T>(dx);
    parallel_chunks(y.impl()->numel, 0.2, [u, g, d](std::int64_t first, std::int64_t n) {
      kernels::isa_of<T>().relu_gradient(u + first, g + first, d + first, n);
    });
  });
  return dx;
}

}  // namespace

Tensor relu(const Tensor& x) {
  detail::check_arithmetic("relu", x);
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const T* u = detail::elements<T>(x);
      T* v = detail::elements<T>(y);
      parallel_chunks(x.impl()->numel, 0.15, [u, v](std::int64_t first, std::int64_t n) {
        kernels::isa_of<T>().relu(u + first, v + first, n);
      });
    } else {
      detail::map<T, T>(x, y, [](T u) { return u < 0 ? T{} : u; });
    }
  });
  return record("relu", {x}, y, [y = save_output(y)](const Tensor& gy) {
    return Gradients(is_grad_enabled() ? where(*y <= 0, 0, gy) : fused_gradient(*y, gy));
  });
}

Tensor Tensor::relu() const { return xtape::relu(*this); }

}  // namespace xtape
