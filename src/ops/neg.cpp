// y = -x        dx = -gy
// Keeps nothing.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor neg(const Tensor& x) {
  detail::check_arithmetic("neg", x);
  Tensor y = detail::make_tensor(x.shape(), x.dtype());
  visit_arithmetic(x.dtype(), [&]<class T>() {
    using U = typename detail::Wrapping<T>::type;
    detail::map<U, U>(x, y, [](U u) { return -u; });
  });
  return record("neg", {x}, std::move(y), [](const Tensor& gy) { return Gradients(-gy); });
}

Tensor Tensor::neg() const { return xtape::neg(*this); }

}  // namespace xtape
