// y[i][j] = x[i][index[i][j]] (dim 1)        dx[i][k] = sum of gy[i][j] over the j with index[i][j] = k
// Keeps the index. The gradient is scatter_add, whose own gradient is gather.
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/index.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "ops/primitives.hpp"
#include "ops/scatter.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

/// As in PyTorch, a 0-dim tensor counts as (1).
Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

}  // namespace

Tensor detail::scatter_add(const Tensor& x, std::int64_t d, const Tensor& index, const Shape& to) {
  const Shape onto = at_least_1d(to);
  const Tensor at = detail::checked_index("scatter_add", index, onto[d]);
  const Shape from = at_least_1d(at.impl()->shape);
  auto for_each = [&](auto f) { kernels::for_each_gathered(detail::elements<std::int64_t>(at), from, onto, d, f); };
  Tensor y;
  if (from[d] == 1) {  // no two elements have the same place, as with class targets
    y = zeros(to, {.dtype = x.impl()->dtype});
    visit_floating(x.impl()->dtype, [&]<class T>() {
      for_each([in = detail::elements<T>(x), out = detail::elements<T>(y)](std::int64_t j, std::int64_t place) {
        out[place] += in[j];
      });
    });
  } else {
    y = detail::make_tensor(to, x.impl()->dtype);
    const Tensor places = detail::make_tensor(from, DType::int64);
    for_each([out = detail::elements<std::int64_t>(places)](std::int64_t j, std::int64_t place) { out[j] = place; });
    detail::add_at_places(x, places, 1, to.numel(), 1, y);
  }
  return record("scatter_add", {x}, std::move(y),
                [d, index = save(at)](const Tensor& gy) { return Gradients(gather(gy, d, *index)); });
}

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  detail::check_defined("gather", x);
  detail::check_integer("gather", index);
  const Shape& shape = x.impl()->shape;
  const Shape from = at_least_1d(shape), to = at_least_1d(index.impl()->shape);
  const std::int64_t d = detail::normalize_dim("gather", dim, from.size());
  if (to.size() != from.size()) {
    fail<ShapeError>("gather", "the index {} must have as many dims as the tensor {}", index.impl()->shape, shape);
  }
  for (std::int64_t e = 0; e < to.size(); ++e) {
    if (e == d || to[e] <= from[e]) continue;
    fail<ShapeError>("gather", "the index {} is larger than the tensor {} in dim {}", to, from, e);
  }
  const Tensor at = detail::checked_index("gather", index, from[d]);
  Tensor y = detail::make_tensor(at.impl()->shape, x.impl()->dtype);
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    const T* in = detail::elements<T>(x);
    T* out = detail::elements<T>(y);
    kernels::for_each_gathered(detail::elements<std::int64_t>(at), to, from, d,
                               [in, out](std::int64_t j, std::int64_t place) { out[j] = in[place]; });
  });
  return record("gather", {x}, std::move(y), [d, shape, index = save(at)](const Tensor& gy) {
    return Gradients(detail::scatter_add(gy, d, *index, shape));
  });
}

Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const { return xtape::gather(*this, dim, index); }

}  // namespace xtape
