// y = the position of the largest or smallest element, along a dim or in the flattened tensor: int64
// The first on ties; NaN wins. Never recorded: a position has no gradient.
#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "kernels/extremum.hpp"
#include "ops/checks.hpp"
#include "ops/dims.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

template <class Beats>
Tensor positions(const Tensor& x, const kernels::Rows& rows, const Shape& to, Beats beats) {
  Tensor y = detail::make_tensor(to, DType::int64);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    T* no_values = nullptr;
    kernels::extrema(detail::elements<T>(x), no_values, detail::elements<std::int64_t>(y), rows, beats);
  });
  return y;
}

template <class Beats>
Tensor position(std::string_view op, const Tensor& x, Beats beats) {
  detail::check_arithmetic(op, x);
  const std::int64_t n = x.impl()->numel;
  if (n == 0) fail<ValueError>(op, "a tensor of shape {} has no elements", x.impl()->shape);
  return positions(x, {1, n, 1}, {}, beats);
}

template <class Beats>
Tensor position(std::string_view op, const Tensor& x, std::int64_t dim, bool keepdim, Beats beats) {
  detail::check_arithmetic(op, x);
  const Shape& shape = x.impl()->shape;
  const std::int64_t d = detail::normalize_dim(op, dim, shape.size());
  const kernels::Rows rows = detail::rows_along(shape, d);
  if (rows.n == 0) fail<ValueError>(op, "dim {} of shape {} has no elements", dim, shape);
  return positions(x, rows, detail::without_dim(shape, d, keepdim), beats);
}

}  // namespace

Tensor argmax(const Tensor& x) { return position("argmax", x, kernels::Larger()); }
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim) {
  return position("argmax", x, dim, keepdim, kernels::Larger());
}

Tensor argmin(const Tensor& x) { return position("argmin", x, kernels::Smaller()); }
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim) {
  return position("argmin", x, dim, keepdim, kernels::Smaller());
}

Tensor Tensor::argmax() const { return xtape::argmax(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return xtape::argmax(*this, dim, keepdim); }
Tensor Tensor::argmin() const { return xtape::argmin(*this); }
Tensor Tensor::argmin(std::int64_t dim, bool keepdim) const { return xtape::argmin(*this, dim, keepdim); }

}  // namespace xtape
