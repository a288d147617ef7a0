#include "ops/elementwise.hpp"

#include <algorithm>

#include "kernels/copy.hpp"

namespace xtape::detail {

Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const std::int64_t rank = std::max(a.size(), b.size());
  Shape y;
  for (std::int64_t d = 0; d < rank; ++d) {
    const std::int64_t i = d - (rank - a.size()), j = d - (rank - b.size());
    const std::int64_t m = i < 0 ? 1 : a[i], n = j < 0 ? 1 : b[j];
    if (m != n && m != 1 && n != 1) {
      fail<ShapeError>(op, "shapes {} and {} do not broadcast: dim {} is {} and {}", a, b, d - rank, m, n);
    }
    y.push_back(m == 1 ? n : m);
  }
  return y;
}

Tensor make_broadcast(std::string_view op, const Tensor& a, const Tensor& b, DType dtype) {
  const Shape &s = a.impl()->shape, &t = b.impl()->shape;
  return s == t ? make_tensor(s, dtype) : make_tensor(broadcast_shapes(op, s, t), dtype);
}

Broadcast::Broadcast(const Tensor& x, const Shape& shape) : x_(x) {
  const Shape& from = x.impl()->shape;
  if (const auto found = kernels::find_repetition(from, shape)) {
    repetition_ = *found;
    return;
  }
  x_ = make_tensor(shape, x.impl()->dtype);
  kernels::expand(itemsize(x.impl()->dtype), x.impl()->data, from, x_.impl()->data, shape);
  repetition_ = {.period = x_.impl()->numel};
}

}  // namespace xtape::detail
