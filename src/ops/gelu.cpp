// y = x P(x),  P(x) = (1 + erf(x / sqrt 2)) / 2        dx = gy (P(x) + x P'(x))
// approximate: P(x) = (1 + tanh(k (x + c x^3))) / 2,  k = sqrt(2 / pi), c = 0.044715
// Keeps x. Beyond |x| = 40, P is 0 or 1 in every dtype and P' is 0: x is replaced by 40 there, which avoids 0 times
// infinity.
#include <cmath>

#include "ops/elementwise.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

constexpr double far = 40;
constexpr double root_half = 0.70710678118654752;       // sqrt(1 / 2)
constexpr double root_two_by_pi = 0.79788456080286536;  // k
constexpr double cubic = 0.044715;                      // c

Tensor value(const Tensor& x, bool by_tanh) {
  return detail::map_floating(x, [by_tanh]<class T>(T v) {
    const T u = v < -far ? static_cast<T>(-far) : v;
    const T s = by_tanh ? std::tanh(static_cast<T>(root_two_by_pi) * (u + static_cast<T>(cubic) * u * u * u))
                        : std::erf(u * static_cast<T>(root_half));
    return u * ((1 + s) / 2);
  });
}

/// P(x) + x P'(x) in recorded ops.
Tensor slope(const Tensor& x, bool by_tanh) {
  const Tensor u = clamp(x, -far, far);
  if (!by_tanh) {
    return (1 + erf(u * root_half)) / 2 + u * (root_two_by_pi / 2 * exp(-0.5 * (u * u)));
  }
  const Tensor square = u * u, t = tanh(root_two_by_pi * (u + cubic * (square * u)));
  return (1 + t) / 2 + u * ((1 - t * t) * (root_two_by_pi / 2 * (1 + 3 * cubic * square)));
}

}  // namespace

Tensor gelu(const Tensor& x, GELUApproximate approximate) {
  const bool by_tanh = approximate == GELUApproximate::tanh;
  const Tensor u = detail::to_floating("gelu", x);
  return record("gelu", {u}, value(u, by_tanh),
                [x = save(u), by_tanh](const Tensor& gy) { return Gradients(gy * slope(*x, by_tanh)); });
}

}  // namespace xtape
