// y = the elements of x where the mask holds, in row-major order        dx = gy at those, zeros elsewhere
// Keeps their positions.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexing.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  detail::check_defined("masked_select", x);
  detail::check_mask("masked_select", mask);
  const Shape shape = detail::broadcast_shapes("masked_select", x.impl()->shape, mask.impl()->shape);
  const Tensor u = x.impl()->shape == shape ? x : expand(x, shape);
  const Tensor at = without_grad([&] { return detail::true_positions(expand(mask, shape)); });
  Tensor y = without_grad([&] { return index_select(u.reshape({-1}), 0, at); });
  return record("masked_select", {u}, std::move(y), [at = save(at), shape](const Tensor& gy) {
    return Gradients(detail::index_add(gy, 0, *at, shape.numel()).reshape(shape));
  });
}

Tensor Tensor::masked_select(const Tensor& mask) const { return xtape::masked_select(*this, mask); }

}  // namespace xtape
