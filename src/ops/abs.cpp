// y = |x|        dx = gy where x > 0, -gy where x < 0, else 0
// Keeps x.
#include <cmath>
#include <type_traits>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/checks.hpp"
#include "ops/elementwise.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor abs(const Tensor& x) {
  detail::check_arithmetic("abs", x);
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_arithmetic(x.impl()->dtype, [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      detail::map<T, T>(x, y, [](T u) { return std::abs(u); });
    } else {  // the smallest integer has no negation and stays unchanged
      using U = typename detail::Wrapping<T>::type;
      detail::map<T, U>(x, y, [](T u) { return u < 0 ? -static_cast<U>(u) : static_cast<U>(u); });
    }
  });
  return record("abs", {x}, std::move(y),
                [x = save(x)](const Tensor& gy) { return Gradients(where(*x > 0, gy, where(*x < 0, -gy, 0))); });
}

Tensor Tensor::abs() const { return xtape::abs(*this); }

}  // namespace xtape
