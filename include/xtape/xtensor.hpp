// Conversions from and to xtensor. The only public header that includes xtensor; opt in by including it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>

#include "xtape/creation.hpp"
#include "xtape/ops.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

namespace detail {
inline std::vector<std::size_t> xtensor_shape(const Shape& shape) { return {shape.begin(), shape.end()}; }
}  // namespace detail

/// A copy of t's elements; T must be the dtype's own type (DTypeError).
template <Element T>
xt::xarray<T> to_xarray(const Tensor& t) {
  const T* p = t.data<T>();
  xt::xarray<T> a = xt::xarray<T>::from_shape(detail::xtensor_shape(t.shape()));
  std::copy(p, p + t.numel(), a.begin());
  return a;
}

/// An xtensor array over t's own storage, no copy: writing to it writes to t, unseen by the check on saved values. t
/// must outlive it; hence deleted for temporaries.
template <Element T>
auto view(Tensor& t) {
  return xt::adapt(t.data<T>(), static_cast<std::size_t>(t.numel()), xt::no_ownership(),
                   detail::xtensor_shape(t.shape()));
}
template <Element T>
auto view(const Tensor& t) {
  return xt::adapt(t.data<T>(), static_cast<std::size_t>(t.numel()), xt::no_ownership(),
                   detail::xtensor_shape(t.shape()));
}
template <Element T>
void view(Tensor&& t) = delete;

/// The values of an xtensor expression, evaluated once, row-major whatever its layout. The dtype is the element type's;
/// ShapeError beyond Shape::max_dim dims.
template <class E>
  requires Element<typename E::value_type> Tensor from_xtensor(const xt::xexpression<E>& expression,
                                                               const TensorOptions& options = {}) {
    using T = typename E::value_type;
    const E& e = expression.derived_cast();
    Tensor t = empty(Shape(e.shape().begin(), e.shape().end()), {.dtype = dtype_of<T>});
    auto out = view<T>(t);
    xt::noalias(out) = e;
    t = t.to(options.dtype.value_or(dtype_of<T>));
    return options.requires_grad ? t.requires_grad_() : t;
  }

}  // namespace xtape
