// y = the tensors one after another along one dim        dx_i = the part of gy that x_i filled
// Keeps only the extents.
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/dims.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The shape of the result; every tensor has the first one's shape except in dim `d`.
Shape joined_shape(const std::vector<Tensor>& tensors, std::int64_t d) {
  const Shape& first = tensors[0].impl()->shape;
  Shape to = first;
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const Shape& s = tensors[i].impl()->shape;
    if (s.size() != first.size()) {
      fail<ShapeError>("cat", "tensor {} has shape {}, tensor 0 has {}: their ranks differ", i, s, first);
    }
    for (std::int64_t e = 0; e < s.size(); ++e) {
      if (e == d || s[e] == first[e]) continue;
      fail<ShapeError>("cat", "tensor {} has shape {}, tensor 0 has {}: they differ in dim {}, not only in dim {}", i,
                       s, first, e, d);
    }
    to[d] += s[d];
  }
  return to;
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const std::vector<Tensor> parts = detail::promote_all("cat", tensors);
  const Shape& first = parts[0].impl()->shape;
  if (first.empty()) fail<ShapeError>("cat", "tensor 0 is 0-dim; use stack");
  const std::int64_t d = detail::normalize_dim("cat", dim, first.size());
  Tensor y = detail::make_tensor(joined_shape(parts, d), parts[0].impl()->dtype);
  const auto [outer, total, inner] = detail::rows_along(y.impl()->shape, d);
  const std::int64_t slice = inner * itemsize(y.impl()->dtype);
  std::vector<std::int64_t> extents;
  std::byte* to = y.impl()->data;
  for (const Tensor& x : parts) {
    extents.push_back(x.impl()->shape[d]);
    const std::int64_t block = extents.back() * slice;
    kernels::copy_blocks(x.impl()->data, block, to, total * slice, block, outer);
    to += block;
  }
  return record("cat", parts, std::move(y), [d, extents = std::move(extents)](const Tensor& gy, Wants wants) {
    std::vector<Tensor> gradients(extents.size());
    std::int64_t start = 0;
    for (std::size_t i = 0; i < extents.size(); start += extents[i++]) {
      if (wants[i]) gradients[i] = narrow(gy, d, start, extents[i]);
    }
    return Gradients(std::move(gradients));
  });
}

}  // namespace xtape
