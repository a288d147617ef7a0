// y = exp(x) / sum exp(x)        dx = y (gy - sum(gy y))        along one dim
// Keeps y, not x: x can be freed.
#include "kernels/isa.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("softmax", x);
  const std::int64_t d = detail::normalize_dim("softmax", dim, x.dim());
  Tensor y = detail::map_rows(
      d, []<class T>() { return kernels::isa_of<T>().softmax; }, x);
  return record("softmax", {x}, y, [y = save_output(y), d](const Tensor& gy) {
    const Tensor v = *y;
    if (is_grad_enabled()) return Gradients(v * (gy - sum(gy * v, d, true)));
    return Gradients(detail::map_rows(
        d, []<class T>() { return kernels::isa_of<T>().softmax_gradient; }, v, gy));
  });
}

Tensor Tensor::softmax(std::int64_t dim) const { return xtape::softmax(*this, dim); }

}  // namespace xtape
