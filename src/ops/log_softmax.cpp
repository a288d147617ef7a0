// y = x - log(sum exp(x))        dx = gy - exp(y) sum(gy)        along one dim
// Keeps y, not x: exp(y) is softmax, so x can be freed.
#include "kernels/isa.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor log_softmax(const Tensor& x, std::int64_t dim) {
  detail::check_floating("log_softmax", x);
  const std::int64_t d = detail::normalize_dim("log_softmax", dim, x.dim());
  Tensor y = detail::map_rows(
      d, []<class T>() { return kernels::isa_of<T>().log_softmax; }, x);
  return record("log_softmax", {x}, y, [y = save_output(y), d](const Tensor& gy) {
    const Tensor v = *y;
    if (is_grad_enabled()) return Gradients(gy - exp(v) * sum(gy, d, true));
    return Gradients(detail::map_rows(
        d, []<class T>() { return kernels::isa_of<T>().log_softmax_gradient; }, v, gy));
  });
}

Tensor Tensor::log_softmax(std::int64_t dim) const { return xtape::log_softmax(*this, dim); }

}  // namespace xtape
