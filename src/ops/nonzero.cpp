// y[k] = the subscript of the k-th element of x that is not 0, in row-major order. Never recorded.
// xt::argwhere gives a container for each element; the positions are counted first here, and y is filled in place.
#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "ops/indexing.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor nonzero(const Tensor& x) {
  detail::check_defined("nonzero", x);
  const Tensor at = detail::true_positions(to(x.detach(), DType::bool_));
  const Shape& shape = x.impl()->shape;
  const std::int64_t count = at.impl()->numel, rank = shape.size();
  Tensor y = detail::make_tensor({count, rank}, DType::int64);
  std::int64_t* out = detail::elements<std::int64_t>(y);
  for (std::int64_t k = 0; k < count; ++k, out += rank) {
    std::int64_t position = detail::elements<std::int64_t>(at)[k];
    for (std::int64_t d = rank - 1; d >= 0; position /= shape[d--]) out[d] = position % shape[d];
  }
  return y;
}

Tensor Tensor::nonzero() const { return xtape::nonzero(*this); }

}  // namespace xtape
