// y[k] = x[0] + ... + x[k] along a dim        dx[k] = gy[k] + ... + gy[n - 1], the same in reverse
// Keeps nothing.
#include "kernels/cumsum.hpp"

#include <type_traits>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor running_sum(const Tensor& x, std::int64_t d, bool reverse) {
  const DType dtype = x.impl()->dtype;
  Tensor y = detail::make_tensor(x.impl()->shape, is_floating(dtype) ? dtype : DType::int64);
  visit_dtype(dtype, [&]<class T>() {
    using U = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    kernels::cumsum(detail::elements<T>(x), detail::elements<U>(y), detail::rows_along(x.impl()->shape, d), reverse);
  });
  return record("cumsum", {x}, std::move(y),
                [d, reverse](const Tensor& gy) { return Gradients(running_sum(gy, d, !reverse)); });
}

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t dim) {
  detail::check_defined("cumsum", x);
  return running_sum(x, detail::normalize_dim("cumsum", dim, x.impl()->shape.size()), false);
}

Tensor Tensor::cumsum(std::int64_t dim) const { return xtape::cumsum(*this, dim); }

}  // namespace xtape
