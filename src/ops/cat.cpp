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

constexpr std::int64_t skipped = -1;  // in place of an extent

/// (0) fits everywhere, as in PyTorch: a list of results may begin with zeros({0}).
bool is_skipped(const Shape& s) { return s.size() == 1 && s[0] == 0; }

/// The tensor that the others must fit: the first that is not skipped, or the first of all.
std::size_t leading(const std::vector<Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!is_skipped(tensors[i].impl()->shape)) return i;
  }
  return 0;
}

/// The shape of the result; every tensor that is not skipped has the shape of tensor `k` except in dim `d`.
Shape joined_shape(const std::vector<Tensor>& tensors, std::size_t k, std::int64_t d) {
  const Shape& first = tensors[k].impl()->shape;
  Shape to = first;
  for (std::size_t i = k + 1; i < tensors.size(); ++i) {
    const Shape& s = tensors[i].impl()->shape;
    if (is_skipped(s)) continue;
    if (s.size() != first.size()) {
      fail<ShapeError>("cat", "tensor {} has shape {}, tensor {} has {}: their ranks differ", i, s, k, first);
    }
    for (std::int64_t e = 0; e < s.size(); ++e) {
      if (e == d || s[e] == first[e]) continue;
      fail<ShapeError>("cat", "tensor {} has shape {}, tensor {} has {}: they differ in dim {}, not only in dim {}", i,
                       s, k, first, e, d);
    }
    to[d] += s[d];
  }
  return to;
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const std::vector<Tensor> parts = detail::promote_all("cat", tensors);
  const std::size_t k = leading(parts);
  const Shape& first = parts[k].impl()->shape;
  if (first.empty()) fail<ShapeError>("cat", "tensor {} is 0-dim; use stack", k);
  const std::int64_t d = is_skipped(first) ? 0 : detail::normalize_dim("cat", dim, first.size());
  Tensor y = detail::make_tensor(joined_shape(parts, k, d), parts[0].impl()->dtype);
  const auto [outer, total, inner] = detail::rows_along(y.impl()->shape, d);
  const std::int64_t slice = inner * itemsize(y.impl()->dtype);
  std::vector<std::int64_t> extents;
  std::byte* to = y.impl()->data;
  for (const Tensor& x : parts) {
    const Shape& s = x.impl()->shape;
    extents.push_back(is_skipped(s) ? skipped : s[d]);
    if (extents.back() == skipped) continue;
    const std::int64_t block = extents.back() * slice;
    kernels::copy_blocks(x.impl()->data, block, to, total * slice, block, outer);
    to += block;
  }
  return record("cat", parts, std::move(y), [d, extents = std::move(extents)](const Tensor& gy, Wants wants) {
    std::vector<Tensor> gradients(extents.size());
    std::int64_t start = 0;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      if (extents[i] == skipped) {
        if (wants[i]) gradients[i] = zeros({0}, {.dtype = gy.dtype()});
        continue;
      }
      if (wants[i]) gradients[i] = narrow(gy, d, start, extents[i]);
      start += extents[i];
    }
    return Gradients(std::move(gradients));
  });
}

}  // namespace xtape
