// y = x, in another dtype        dx = gy, cast back
// Keeps only the dtype.
#include <cmath>
#include <limits>
#include <type_traits>
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

/// Rounds towards zero. ValueError for what does not fit, such as NaN: in C++ that would be undefined.
template <class T, class U>
U to_integer(T x) {
  // Both bounds are exact: 0 or powers of two.
  constexpr double least = static_cast<double>(std::numeric_limits<U>::min());
  constexpr double above = static_cast<double>(std::numeric_limits<U>::max() / 2 + 1) * 2;
  const double whole = std::trunc(static_cast<double>(x));
  if (!(whole >= least && whole < above)) {
    fail<ValueError>("to", "{} does not fit {}", x, dtype_of<U>);
  }
  return static_cast<U>(x);
}

}  // namespace

Tensor to(const Tensor& x, DType dtype) {
  detail::check_defined("to", x);
  if (x.impl()->dtype == dtype) return x;
  Tensor y = detail::make_tensor(x.impl()->shape, dtype);
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    visit_dtype(dtype, [&]<class U>() {
      detail::map<T, U>(x, y, [](T u) {
        if constexpr (std::is_same_v<U, bool>) {
          return u != T{};
        } else if constexpr (std::is_floating_point_v<T> && std::is_integral_v<U>) {
          return to_integer<T, U>(u);
        } else {
          return static_cast<U>(u);
        }
      });
    });
  });
  if (!is_floating(dtype)) return y;
  return record("to", {x}, std::move(y), [from = x.impl()->dtype](const Tensor& gy) { return Gradients(gy.to(from)); });
}

Tensor Tensor::to(DType dtype) const { return xtape::to(*this, dtype); }

}  // namespace xtape
