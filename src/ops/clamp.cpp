// y = min(max(x, lo), hi)        dx = gy where lo <= x <= hi, else 0
// NaN passes through, without a gradient. Keeps x: an element that clamp does not change is inside.
#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor clamp(const Tensor& x, Scalar min, Scalar max) {
  detail::check_arithmetic("clamp", x);
  for (Scalar bound : {min, max}) {
    if (std::isnan(bound.to<double>())) fail<ValueError>("clamp", "a bound is NaN");
  }
  const Tensor lo = detail::wrap("clamp", min, x), hi = detail::wrap("clamp", max, x);
  const Tensor u = to(x, promote(lo.dtype(), hi.dtype()));
  Tensor y = detail::make_tensor(u.impl()->shape, u.impl()->dtype);
  visit_arithmetic(u.impl()->dtype, [&]<class T>() {
    const T l = lo.item<T>(), h = hi.item<T>();
    detail::map<T, T>(u, y, [l, h](T v) { return std::min(std::max(v, l), h); });
  });
  return record("clamp", {u}, std::move(y), [x = save(u), min, max](const Tensor& gy) {
    const Tensor inside = without_grad([&] { return eq(*x, clamp(*x, min, max)); });
    return Gradients(where(inside, gy, 0));
  });
}

Tensor Tensor::clamp(Scalar min, Scalar max) const { return xtape::clamp(*this, min, max); }

}  // namespace xtape
