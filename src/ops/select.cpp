// y = x[i] along one dim, which is removed        dx = gy at index i, zeros elsewhere
// Keeps only the extents.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  detail::check_defined("select", x);
  const Shape& from = x.impl()->shape;
  if (from.empty()) fail<IndexError>("select", "a 0-dim tensor has no dim to select from; use item()");
  const std::int64_t d = detail::normalize_dim("select", dim, from.size());
  const std::int64_t n = from[d];
  if (index < -n || index >= n) fail<IndexError>("select", "index {} is outside [-{}, {}) in dim {}", index, n, n, d);
  const std::int64_t i = index < 0 ? index + n : index;
  Shape to = from;
  to.erase(d);
  const Tensor slice = detail::mark_copied("select", x, detail::slices(x, d, i, 1));
  return record("select", {x}, detail::make_view(slice, to),
                [d, i, n](const Tensor& gy) { return Gradients(detail::pad(unsqueeze(gy, d), d, i, n - i - 1)); });
}

Tensor Tensor::operator[](std::int64_t i) const { return select(*this, 0, i); }

}  // namespace xtape
