// y = log x        dx = gy / x
// y = log(1 + x)        dx = gy / (1 + x)        exact near 0
// y = log2 x, log10 x        dx = gy / (x log b), b = 2 or 10
// Each keeps x.
#include <cmath>
#include <utility>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor log(const Tensor& x) {
  const Tensor u = detail::to_floating("log", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::log(v); });
  return record("log", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy / *x); });
}

Tensor log1p(const Tensor& x) {
  const Tensor u = detail::to_floating("log1p", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::log1p(v); });
  return record("log1p", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy / (*x + 1)); });
}

Tensor log2(const Tensor& x) {
  constexpr double log_2 = 0.69314718055994531;
  const Tensor u = detail::to_floating("log2", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::log2(v); });
  return record("log2", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy / (*x * log_2)); });
}

Tensor log10(const Tensor& x) {
  constexpr double log_10 = 2.3025850929940457;
  const Tensor u = detail::to_floating("log10", x);
  Tensor y = detail::map_floating(u, [](auto v) { return std::log10(v); });
  return record("log10", {u}, std::move(y), [x = save(u)](const Tensor& gy) { return Gradients(gy / (*x * log_10)); });
}

Tensor Tensor::log() const { return xtape::log(*this); }
Tensor Tensor::log1p() const { return xtape::log1p(*this); }
Tensor Tensor::log2() const { return xtape::log2(*this); }
Tensor Tensor::log10() const { return xtape::log10(*this); }

}  // namespace xtape
