// y = x with another shape        dx = gy with x's shape
// The views that change only the shape: reshape (which is view, too: every tensor is contiguous), flatten, squeeze,
// unsqueeze. Keeps x's shape.

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

Tensor view_as(OpName op, const Tensor& x, const Shape& shape) {
  return record(op, {x}, detail::make_view(x, shape),
                [from = x.impl()->shape](const Tensor& gy) { return Gradients(gy.reshape(from)); });
}

Tensor reshaped(OpName op, const Tensor& x, const Shape& shape) {
  detail::check_defined(op.text, x);
  Shape to = shape;
  std::int64_t known = 1, hole = -1;
  for (std::int64_t d = 0; d < to.size(); ++d) {
    if (to[d] == -1 && hole < 0) {
      hole = d;
    } else if (to[d] < 0) {
      fail<ShapeError>(op.text, "{}: at most one extent may be -1, and no other may be negative", shape);
    } else if (__builtin_mul_overflow(known, to[d], &known)) {
      fail<ShapeError>(op.text, "{} has too many elements to count", shape);
    }
  }
  const std::int64_t n = x.impl()->numel;
  if (hole >= 0) {
    if (known == 0) fail<ShapeError>(op.text, "{}: -1 is ambiguous beside an extent of 0", shape);
    to[hole] = n / known;
    known *= to[hole];
  }
  if (known != n) fail<ShapeError>(op.text, "{} elements of {} do not fit {}", n, x.impl()->shape, shape);
  return view_as(op, x, to);
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) { return reshaped("reshape", x, shape); }
Tensor Tensor::view(const Shape& shape) const { return reshaped("view", *this, shape); }

Tensor flatten(const Tensor& x, std::int64_t start_dim, std::int64_t end_dim) {
  detail::check_defined("flatten", x);
  const Shape& from = x.impl()->shape;
  const std::int64_t first = detail::normalize_dim("flatten", start_dim, from.size());
  const std::int64_t last = detail::normalize_dim("flatten", end_dim, from.size());
  if (first > last) fail<ValueError>("flatten", "start_dim {} comes after end_dim {}", start_dim, end_dim);
  if (from.empty()) return view_as("flatten", x, {1});
  Shape to(from.begin(), from.begin() + first);
  to.push_back(1);
  for (std::int64_t d = first; d <= last; ++d) to[first] *= from[d];
  for (std::int64_t d = last + 1; d < from.size(); ++d) to.push_back(from[d]);
  return view_as("flatten", x, to);
}

Tensor squeeze(const Tensor& x) {
  detail::check_defined("squeeze", x);
  Shape to;
  for (std::int64_t extent : x.impl()->shape) {
    if (extent != 1) to.push_back(extent);
  }
  return view_as("squeeze", x, to);
}

Tensor squeeze(const Tensor& x, std::int64_t dim) {
  detail::check_defined("squeeze", x);
  Shape to = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim("squeeze", dim, to.size());
  if (!to.empty() && to[d] == 1) to.erase(d);
  return view_as("squeeze", x, to);
}

Tensor squeeze(const Tensor& x, const Shape& dims) {
  detail::check_defined("squeeze", x);
  const Shape& from = x.impl()->shape;
  const detail::DimSet named = detail::distinct_dims("squeeze", dims, from.size());
  Shape to;
  for (std::int64_t d = 0; d < from.size(); ++d) {
    if (!named.has[d] || from[d] != 1) to.push_back(from[d]);
  }
  return view_as("squeeze", x, to);
}
Tensor Tensor::squeeze(const Shape& dims) const { return xtape::squeeze(*this, dims); }
Tensor Tensor::squeeze(std::initializer_list<std::int64_t> dims) const { return xtape::squeeze(*this, Shape(dims)); }

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  detail::check_defined("unsqueeze", x);
  Shape to = x.impl()->shape;
  to.insert(detail::normalize_dim("unsqueeze", dim, to.size() + 1), 1);
  return view_as("unsqueeze", x, to);
}

Tensor Tensor::reshape(const Shape& shape) const { return xtape::reshape(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return xtape::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::squeeze() const { return xtape::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return xtape::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return xtape::unsqueeze(*this, dim); }

}  // namespace xtape
