// y[i][j] = x[i][j] where j - i <= k (tril) or j - i >= k (triu), else 0        dx = tril or triu of gy
// Keeps k. A row keeps one block of its elements: copied as such, whatever they are; a NaN outside is 0.
#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/checks.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor triangle(OpName op, const Tensor& x, std::int64_t diagonal, bool lower) {
  detail::check_defined(op.text, x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t rank = shape.size();
  if (rank < 2) fail<ShapeError>(op.text, "expected a matrix or a batch of them, got {}", shape);
  const std::int64_t m = shape[rank - 2], n = shape[rank - 1], width = itemsize(x.impl()->dtype);
  const std::int64_t k = std::clamp(diagonal, -m - 1, n + 1);  // beyond that nothing changes, and i + k fits
  Tensor y = zeros(shape, {.dtype = x.impl()->dtype});
  for (std::int64_t row = 0; n > 0 && row < x.impl()->numel / n; ++row) {
    const std::int64_t i = row % m;
    const std::int64_t first = lower ? 0 : std::clamp<std::int64_t>(i + k, 0, n);
    const std::int64_t last = lower ? std::clamp<std::int64_t>(i + k + 1, 0, n) : n;
    const std::int64_t at = (row * n + first) * width;
    kernels::copy_blocks(x.impl()->data + at, 0, y.impl()->data + at, 0, (last - first) * width, 1);
  }
  return record(op, {x}, std::move(y),
                [k, lower](const Tensor& gy) { return Gradients(lower ? tril(gy, k) : triu(gy, k)); });
}

}  // namespace

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle("tril", x, diagonal, true); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle("triu", x, diagonal, false); }

Tensor Tensor::tril(std::int64_t diagonal) const { return xtape::tril(*this, diagonal); }
Tensor Tensor::triu(std::int64_t diagonal) const { return xtape::triu(*this, diagonal); }

}  // namespace xtape
