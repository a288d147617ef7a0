// y_k = the slices of x from one position to the next        dx = gy_k at its place, zeros elsewhere
// chunk and split: each part is a narrow of its own. Keeps only the extents.
#include <algorithm>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/primitives.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// The dim counted from the front, of a tensor that has one.
std::int64_t dim_to_split(OpName op, const Tensor& x, std::int64_t dim) {
  detail::check_defined(op.text, x);
  if (x.impl()->shape.empty()) fail<ShapeError>(op.text, "a 0-dim tensor has no dim to split");
  return detail::normalize_dim(op.text, dim, x.impl()->shape.size());
}

/// Parts of `size` slices, the last one of the rest; `at_least` of them, where there are no slices.
std::vector<Tensor> equal_parts(OpName op, const Tensor& x, std::int64_t d, std::int64_t size, std::int64_t at_least) {
  const std::int64_t n = x.impl()->shape[d];
  std::vector<Tensor> parts;
  for (std::int64_t start = 0; start < n; start += parts.back().impl()->shape[d]) {
    parts.push_back(detail::narrow_as(op, x, d, start, std::min(size, n - start)));
  }
  while (n == 0 && static_cast<std::int64_t>(parts.size()) < at_least) {
    parts.push_back(detail::narrow_as(op, x, d, 0, 0));
  }
  return parts;
}

}  // namespace

std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  const std::int64_t d = dim_to_split("chunk", x, dim);
  if (chunks < 1) fail<ValueError>("chunk", "{} chunks; there must be at least 1", chunks);
  const std::int64_t n = x.impl()->shape[d];
  return equal_parts("chunk", x, d, n / chunks + (n % chunks == 0 ? 0 : 1), chunks);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t split_size, std::int64_t dim) {
  const std::int64_t d = dim_to_split("split", x, dim), n = x.impl()->shape[d];
  if (split_size < 0) fail<ValueError>("split", "split_size {} must not be negative", split_size);
  if (split_size == 0 && n > 0) fail<ValueError>("split", "split_size 0 does not divide dim {} of extent {}", d, n);
  return equal_parts("split", x, d, split_size, 1);
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim) {
  const std::int64_t d = dim_to_split("split", x, dim), n = x.impl()->shape[d];
  for (std::int64_t size : sizes) {
    if (size < 0) fail<ValueError>("split", "size {} must not be negative", size);
  }
  std::int64_t rest = n;
  for (std::int64_t size : sizes) {
    if (size > rest) fail<ShapeError>("split", "the sizes add up to more than the extent {} of dim {}", n, d);
    rest -= size;
  }
  if (rest > 0) fail<ShapeError>("split", "the sizes add up to {}, dim {} has {}", n - rest, d, n);
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (std::int64_t size : sizes) {
    parts.push_back(detail::narrow_as("split", x, d, start, size));
    start += size;
  }
  return parts;
}

std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
  return xtape::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
  return xtape::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split(const std::vector<std::int64_t>& sizes, std::int64_t dim) const {
  return xtape::split(*this, sizes, dim);
}
std::vector<Tensor> Tensor::split(std::initializer_list<std::int64_t> sizes, std::int64_t dim) const {
  return xtape::split(*this, sizes, dim);
}

}  // namespace xtape
