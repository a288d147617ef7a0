// y = the tensors one after another along a new dim        dx_i = slice i of gy
// Keeps nothing.
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/dims.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  const std::vector<Tensor> parts = detail::promote_all("stack", tensors);
  const Shape& first = parts[0].impl()->shape;
  const std::int64_t d = detail::normalize_dim("stack", dim, first.size() + 1);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].impl()->shape == first) continue;
    fail<ShapeError>("stack", "tensor {} has shape {}, tensor 0 has {}", i, parts[i].impl()->shape, first);
  }
  Tensor y = without_grad([&] {
    std::vector<Tensor> slices;
    for (const Tensor& x : parts) slices.push_back(unsqueeze(x, d));
    return cat(slices, d);
  });
  return record("stack", parts, std::move(y), [d, count = parts.size()](const Tensor& gy, Wants wants) {
    std::vector<Tensor> gradients(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (wants[i]) gradients[i] = select(gy, d, static_cast<std::int64_t>(i));
    }
    return Gradients(std::move(gradients));
  });
}

}  // namespace xtape
