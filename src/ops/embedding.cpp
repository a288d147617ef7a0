// y[i...] = w[index[i...]]        dw[k] = sum of gy[i...] where index[i...] = k, but nothing at the padding index
// Keeps the index.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor embedding(const Tensor& indices, const Tensor& weight, std::int64_t padding_idx) {
  detail::check_lookup("embedding", indices, weight);
  const Shape& w = weight.impl()->shape;
  if (w.size() != 2) fail<ShapeError>("embedding", "expected a weight (n, d), got {}", w);
  const std::int64_t n = w[0], d = w[1];
  if (padding_idx != no_padding_idx && (padding_idx < -n || padding_idx >= n)) {
    fail<IndexError>("embedding", "padding_idx {} is outside [-{}, {})", padding_idx, n, n);
  }
  const bool pads = padding_idx != no_padding_idx;
  const std::int64_t padding = padding_idx < 0 ? padding_idx + n : padding_idx;
  const Tensor at = detail::checked_index("embedding", indices, n).reshape({-1});
  Shape to = indices.impl()->shape;
  to.push_back(d);
  Tensor y = without_grad([&] { return index_select(weight, 0, at).reshape(to); });
  return record("embedding", {weight}, std::move(y), [at = save(at), n, d, pads, padding](const Tensor& gy) {
    const Tensor index = *at;
    Tensor rows = gy.reshape({index.numel(), d});
    if (pads) rows = where((index == padding).unsqueeze(1), 0, rows);
    return Gradients(detail::index_add(rows, 0, index, n));
  });
}

}  // namespace xtape
