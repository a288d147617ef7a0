// y = log(sum exp(x))        dx = gy exp(x - y)        along one dim
// Keeps x and y: exp(x - y) is softmax. A row of all -inf gives -inf; it has no softmax: its gradient is NaN.
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "kernels/isa.hpp"
#include "ops/dims.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor logsumexp(const Tensor& x, std::int64_t dim, bool keepdim) {
  const Tensor u = detail::to_floating("logsumexp", x);
  const Shape& from = u.impl()->shape;
  const std::int64_t d = detail::normalize_dim("logsumexp", dim, from.size());
  const kernels::Rows rows = detail::rows_along(from, d);
  Tensor y = detail::make_tensor(detail::without_dim(from, d, keepdim), u.impl()->dtype);
  visit_floating(u.impl()->dtype, [&]<class T>() {
    const Tensor v = detail::dim_to_end(u, d);
    kernels::isa_of<T>().logsumexp(detail::elements<T>(v), detail::elements<T>(y), rows.count(), rows.n);
  });
  return record("logsumexp", {u}, y,
                [x = save(u), y = save_output(y), with_one = detail::without_dim(from, d, true)](const Tensor& gy) {
                  return Gradients(gy.reshape(with_one) * exp(*x - (*y).reshape(with_one)));
                });
}

Tensor Tensor::logsumexp(std::int64_t dim, bool keepdim) const { return xtape::logsumexp(*this, dim, keepdim); }

}  // namespace xtape
