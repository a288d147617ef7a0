// y[i] = x[i][i + k] of a matrix, or y[i][i + k] = x[i] and zeros elsewhere        dx = the other way round
// Keeps where the diagonal lies. Both ways copy elements by an index: index_select and index_copy do it.
#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The positions of diagonal k in an (m, n) matrix; k in [-m, n].
Tensor diagonal_of(std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::int64_t count = k < 0 ? std::min(m + k, n) : std::min(m, n - k);
  return arange(count) * (n + 1) + (k < 0 ? -k * n : k);
}

/// The diagonal of a matrix.
Tensor taken(const Tensor& x, std::int64_t diagonal) {
  const std::int64_t m = x.impl()->shape[0], n = x.impl()->shape[1];
  const Tensor at = diagonal_of(m, n, std::clamp(diagonal, -m, n));
  Tensor y = without_grad([&] { return index_select(x.reshape({-1}), 0, at); });
  return record("diag", {x}, std::move(y), [at = save(at), m, n](const Tensor& gy) {
    return Gradients(detail::index_add(gy, 0, *at, m * n).reshape({m, n}));
  });
}

/// A square matrix with x as its diagonal.
Tensor placed(const Tensor& x, std::int64_t diagonal) {
  constexpr std::int64_t furthest = std::int64_t{1} << 31;
  if (diagonal < -furthest || diagonal > furthest) {
    fail<ShapeError>("diag", "a matrix with diagonal {} has too many elements to count", diagonal);
  }
  const std::int64_t n = x.impl()->numel + (diagonal < 0 ? -diagonal : diagonal);
  Tensor y = zeros({n, n}, {.dtype = x.impl()->dtype});
  const Tensor flat = detail::make_view(y, {y.impl()->numel});
  without_grad([&] { return flat.index_copy_(0, diagonal_of(n, n, diagonal), x); });
  return record("diag", {x}, std::move(y), [diagonal](const Tensor& gy) { return Gradients(diag(gy, diagonal)); });
}

}  // namespace

Tensor diag(const Tensor& x, std::int64_t diagonal) {
  detail::check_defined("diag", x);
  const std::int64_t rank = x.impl()->shape.size();
  if (rank != 1 && rank != 2) fail<ShapeError>("diag", "expected a 1-D or 2-D tensor, got {}", x.impl()->shape);
  return rank == 1 ? placed(x, diagonal) : taken(x, diagonal);
}

Tensor Tensor::diag(std::int64_t diagonal) const { return xtape::diag(*this, diagonal); }

}  // namespace xtape
