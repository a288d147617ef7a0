// y = the largest element of x        dx = gy / k at the k elements equal to y, else 0
// y[i] = the largest along a dim        dx = gy at the returned position, the first on ties, else 0
// min likewise. NaN wins. Keeps x and y; along a dim only the positions.
#include <utility>
#include <vector>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/extremum.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

template <class Beats>
Tensor extremum(OpName op, const Tensor& x, Beats beats) {
  detail::check_defined(op.text, x);
  const std::int64_t n = x.impl()->numel;
  if (n == 0) fail<ValueError>(op.text, "a tensor of shape {} has no elements", x.impl()->shape);
  Tensor y = detail::make_tensor({}, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    const T* p = detail::elements<T>(x);
    *detail::elements<T>(y) = p[kernels::position_of_extremum(p, {1, n, 1}, beats)];
  });
  return record(op, {x}, y, [x = save(x), y = save_output(y)](const Tensor& gy) {
    const Tensor v = *y, chosen = isnan(v).item<bool>() ? isnan(*x) : eq(*x, v);
    return Gradients(where(chosen, gy / sum(chosen), 0));
  });
}

template <class Beats>
ValuesAndIndices extremum(OpName op, const Tensor& x, std::int64_t dim, bool keepdim, Beats beats) {
  detail::check_defined(op.text, x);
  const Shape& from = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim(op.text, dim, from.size());
  const std::int64_t extent = detail::rows_along(from, d).n;
  if (extent == 0) fail<ValueError>(op.text, "dim {} of shape {} has no elements", dim, from);
  const Shape to = detail::without_dim(from, d, keepdim), with_one = detail::without_dim(from, d, true);
  Tensor y = detail::make_tensor(to, x.impl()->dtype);
  const Tensor positions = detail::make_tensor(to, DType::int64);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    kernels::extrema(detail::elements<T>(x), detail::elements<T>(y), detail::elements<std::int64_t>(positions),
                     detail::rows_along(from, d), beats);
  });
  y = record(op, {x}, std::move(y), [at = save(positions.reshape(with_one)), d, extent](const Tensor& gy) {
    const Tensor k = *at;
    Shape along(std::vector<std::int64_t>(static_cast<std::size_t>(k.dim()), 1));
    if (!along.empty()) along[d] = extent;
    return Gradients(where(eq(arange(extent).reshape(along), k), gy.reshape(k.shape()), 0));
  });
  return {std::move(y), positions};
}

}  // namespace

Tensor max(const Tensor& x) { return extremum("max", x, kernels::Larger()); }
ValuesAndIndices max(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum("max", x, dim, keepdim, kernels::Larger());
}

Tensor min(const Tensor& x) { return extremum("min", x, kernels::Smaller()); }
ValuesAndIndices min(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum("min", x, dim, keepdim, kernels::Smaller());
}

Tensor Tensor::max() const { return xtape::max(*this); }
ValuesAndIndices Tensor::max(std::int64_t dim, bool keepdim) const { return xtape::max(*this, dim, keepdim); }
Tensor Tensor::min() const { return xtape::min(*this); }
ValuesAndIndices Tensor::min(std::int64_t dim, bool keepdim) const { return xtape::min(*this, dim, keepdim); }

}  // namespace xtape
