// y = x with two dims exchanged        dx = gy with the same two exchanged
// Keeps nothing but the dims.
#include "kernels/copy.hpp"
#include "ops/common.hpp"

namespace xtape {

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  detail::check_defined("transpose", x);
  const Shape& from = x.impl()->shape;
  const std::int64_t p = detail::normalize_dim("transpose", dim0, from.size());
  const std::int64_t q = detail::normalize_dim("transpose", dim1, from.size());
  Shape dims, to = from;
  for (std::int64_t d = 0; d < from.size(); ++d) dims.push_back(d == p ? q : d == q ? p : d);
  std::swap(to[p], to[q]);
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  kernels::permute(itemsize(x.impl()->dtype), x.impl()->data, from, y.impl()->data, dims);
  return record("transpose", {x}, std::move(y), [p, q](const Tensor& gy) { return Gradients(transpose(gy, p, q)); });
}

}  // namespace xtape
