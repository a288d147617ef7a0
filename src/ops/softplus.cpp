// y = log(1 + e^(b x)) / b, and x where b x > threshold        dx = gy / (1 + e^-(b x)), and gy there
// Keeps x.
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "ops/elementwise.hpp"
#include "ops/log1p_exp.hpp"
#include "ops/promotion.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

Tensor softplus(const Tensor& x, double beta, double threshold) {
  if (beta == 0 || !std::isfinite(beta)) fail<ValueError>("softplus", "beta is {}, it must be finite and not 0", beta);
  if (std::isnan(threshold)) fail<ValueError>("softplus", "threshold is NaN");
  const Tensor u = detail::to_floating("softplus", x);
  Tensor y = detail::map_floating(u, [beta, threshold]<class T>(T v) {
    const T b = static_cast<T>(beta), scaled = b * v;
    return scaled > static_cast<T>(threshold) ? v : detail::log1p_exp(scaled) / b;
  });
  return record("softplus", {u}, std::move(y), [x = save(u), beta, threshold](const Tensor& gy) {
    const Tensor scaled = *x * beta;
    return Gradients(gy * where(scaled > threshold, 1, sigmoid(scaled)));
  });
}

}  // namespace xtape
