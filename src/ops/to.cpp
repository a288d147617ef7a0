// y = x, in another dtype        dx = gy, cast back
// Keeps nothing but the dtype.
#include "ops/common.hpp"

namespace xtape {

Tensor to(const Tensor& x, DType dtype) {
  detail::check_defined("to", x);
  if (x.impl()->dtype == dtype) return x;
  Tensor y = detail::make_tensor(x.impl()->shape, dtype);
  visit_dtype(x.impl()->dtype, [&]<class T>() {
    visit_dtype(dtype, [&]<class U>() {
      detail::map<T, U>(x, y, [](T u) {
        if constexpr (std::is_same_v<U, bool>) {
          return u != T{};
        } else {
          return static_cast<U>(u);
        }
      });
    });
  });
  if (!is_floating(dtype)) return y;
  return record("to", {x}, std::move(y), [from = x.impl()->dtype](const Tensor& gy) { return Gradients(gy.to(from)); });
}

}  // namespace xtape
