// y = x[start .. start + length) along one dim        dx = gy with zeros before and after
// Keeps only the extents. The gradient is pad, whose own gradient is narrow.
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

namespace detail {

Tensor slices(const Tensor& x, std::int64_t d, std::int64_t start, std::int64_t length) {
  Shape to = x.impl()->shape;
  to[d] = length;
  const auto [outer, n, inner] = rows_along(x.impl()->shape, d);
  if (outer == 1 || length == n) return make_view(x, to, start * inner);
  Tensor y = make_tensor(to, x.impl()->dtype);
  const std::int64_t slice = inner * itemsize(x.impl()->dtype);
  kernels::copy_blocks(x.impl()->data + start * slice, n * slice, y.impl()->data, length * slice, length * slice,
                       outer);
  return y;
}

Tensor pad(const Tensor& x, std::int64_t d, std::int64_t before, std::int64_t after) {
  Shape to = x.impl()->shape;
  to[d] += before + after;
  const auto [outer, n, inner] = rows_along(x.impl()->shape, d);
  Tensor y = zeros(to, {.dtype = x.impl()->dtype});
  const std::int64_t slice = inner * itemsize(x.impl()->dtype);
  kernels::copy_blocks(x.impl()->data, n * slice, y.impl()->data + before * slice, to[d] * slice, n * slice, outer);
  return record("pad", {x}, std::move(y),
                [d, before, n = n](const Tensor& gy) { return Gradients(narrow(gy, d, before, n)); });
}

Tensor narrow_as(OpName op, const Tensor& x, std::int64_t d, std::int64_t start, std::int64_t length) {
  const std::int64_t after = x.impl()->shape[d] - start - length;
  return record(op, {x}, mark_copied(op.text, x, slices(x, d, start, length)),
                [d, start, after](const Tensor& gy) { return Gradients(pad(gy, d, start, after)); });
}

}  // namespace detail

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  detail::check_defined("narrow", x);
  const Shape& from = x.impl()->shape;
  if (from.empty()) fail<IndexError>("narrow", "a 0-dim tensor has no dim to narrow");
  const std::int64_t d = detail::normalize_dim("narrow", dim, from.size());
  const std::int64_t n = from[d];
  if (length < 0) fail<ValueError>("narrow", "length is {}, it must not be negative", length);
  if (start < -n || start > n) fail<IndexError>("narrow", "start {} is outside [-{}, {}] in dim {}", start, n, n, d);
  const std::int64_t first = start < 0 ? start + n : start;
  if (length > n - first) {
    fail<IndexError>("narrow", "start {} and length {} reach past dim {} of {}", start, length, d, from);
  }
  return detail::narrow_as("narrow", x, d, first, length);
}

Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return xtape::narrow(*this, dim, start, length);
}

}  // namespace xtape
