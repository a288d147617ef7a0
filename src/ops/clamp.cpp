// y = min(max(x, lo), hi)        dx = gy where lo <= x <= hi, else 0
// NaN passes through, without a gradient. Keeps x: an element that clamp does not change is inside.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

using Bound = std::optional<Scalar>;

/// The value, for x of the result's dtype.
Tensor clamped(const Tensor& x, Bound min, Bound max) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    using Limits = std::numeric_limits<T>;
    const T least = Limits::has_infinity ? -Limits::infinity() : Limits::min();
    const T most = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const T l = min ? min->to<T>() : least, h = max ? max->to<T>() : most;
    detail::map<T, T>(x, y, [l, h](T v) { return std::min(std::max(v, l), h); });
  });
  return y;
}

Tensor clamp_to(OpName op, const Tensor& x, Bound min, Bound max) {
  detail::check_defined(op.text, x);
  DType dtype = x.impl()->dtype;
  for (const Bound& bound : {min, max}) {
    if (!bound) continue;
    if (std::isnan(bound->to<double>())) fail<ValueError>(op.text, "a bound is NaN");
    dtype = promote(dtype, detail::wrap(op.text, *bound, x).dtype());
  }
  const Tensor u = to(x, dtype);
  detail::check_arithmetic(op.text, u);
  return record(op, {u}, clamped(u, min, max), [x = save(u), min, max](const Tensor& gy) {
    const Tensor inside = without_grad([&] { return eq(*x, clamped(*x, min, max)); });
    return Gradients(where(inside, gy, 0));
  });
}

}  // namespace

Tensor clamp(const Tensor& x, Scalar min, Scalar max) { return clamp_to("clamp", x, min, max); }
Tensor clamp(const Tensor& x, Scalar min) { return clamp_to("clamp", x, min, std::nullopt); }
Tensor clamp_min(const Tensor& x, Scalar min) { return clamp_to("clamp_min", x, min, std::nullopt); }
Tensor clamp_max(const Tensor& x, Scalar max) { return clamp_to("clamp_max", x, std::nullopt, max); }

Tensor Tensor::clamp(Scalar min, Scalar max) const { return xtape::clamp(*this, min, max); }
Tensor Tensor::clamp(Scalar min) const { return xtape::clamp(*this, min); }
Tensor Tensor::clamp_min(Scalar min) const { return xtape::clamp_min(*this, min); }
Tensor Tensor::clamp_max(Scalar max) const { return xtape::clamp_max(*this, max); }

}  // namespace xtape
