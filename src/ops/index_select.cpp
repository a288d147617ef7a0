// y[j] = x[index[j]] along one dim        dx[i] = sum of gy[j] over the j with index[j] = i
// Keeps the index. The gradient is index_add, whose own gradient is index_select.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  detail::check_defined("index_select", x);
  detail::check_integer("index_select", index);
  const Shape& from = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim("index_select", dim, from.size());
  if (index.impl()->shape.size() > 1) {
    fail<ShapeError>("index_select", "the index must be 1-D, got {}; use gather?", index.impl()->shape);
  }
  const std::int64_t count = index.impl()->numel;
  if (from.empty() && count != 1) {
    fail<ShapeError>("index_select", "a 0-dim tensor takes an index of one element, got {}", index.impl()->shape);
  }
  const auto [outer, n, inner] = detail::rows_along(from, d);
  const Tensor at = detail::checked_index("index_select", index, n);
  Shape to = from;
  if (!to.empty()) to[d] = count;
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  kernels::select_slices(x.impl()->data, y.impl()->data, detail::elements<std::int64_t>(at), outer, n, count,
                         inner * itemsize(x.impl()->dtype));
  return record("index_select", {x}, std::move(y), [d, n = n, index = save(at)](const Tensor& gy) {
    return Gradients(detail::index_add(gy, d, *index, n));
  });
}

Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
  return xtape::index_select(*this, dim, index);
}

}  // namespace xtape
