// l = -w (t log x + (1 - t) log(1 - x)), each logarithm at least -100
// dx = gy w (x - t) / max(x (1 - x), 1e-12), dt = gy w (log(1 - x) - log x), with the logarithms of l
// Keeps x and t; a recorded product applies the weight w.
#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/subscript.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

constexpr double least_log = -100;
constexpr double least_log_at = 3.7200759760208361e-44;  // e^-100
constexpr double least_variance = 1e-12F;                // PyTorch's, in float there too

/// ValueError names the first element outside [0, 1].
void check_probabilities(const char* what, const Tensor& x, const char* hint) {
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* p = detail::elements<T>(x);
    for (std::int64_t i = 0; i < x.impl()->numel; ++i) {
      if (p[i] >= 0 && p[i] <= 1) continue;
      fail<ValueError>("binary_cross_entropy", "{}{} = {} is outside [0, 1]{}", what, subscript(x.impl()->shape, i),
                       p[i], hint);
    }
  });
}

/// max(log x, -100) in recorded ops; its gradient is 0 where that is -100.
Tensor bounded_log(const Tensor& x) {
  const Tensor low = x < least_log_at;
  return where(low, least_log, log(where(low, 1, x)));
}

Tensor cross_entropies(const Tensor& input, const Tensor& target, const BCEOptions& options) {
  detail::check_reduction("binary_cross_entropy", options.reduction);
  const detail::LossOperands both("binary_cross_entropy", input, target);
  check_probabilities("input", both.a, "; pass sigmoid(x), or use binary_cross_entropy_with_logits");
  check_probabilities("target", both.b, "");
  Tensor y = detail::zip_losses(both, []<class T>(T x, T t) {
    constexpr T least = static_cast<T>(least_log);
    return (t - 1) * std::max(std::log1p(-x), least) - t * std::max(std::log(x), least);
  });
  y = record("binary_cross_entropy", {both.a, both.b}, std::move(y),
             [x = save(both.a), t = save(both.b)](const Tensor& gy, Wants wants) {
               const Tensor v = *x, rest = 1 - v;
               return Gradients(wants[0] ? gy * ((v - *t) / clamp(v * rest, least_variance, 1)) : Tensor(),
                                wants[1] ? gy * (bounded_log(rest) - bounded_log(v)) : Tensor());
             });
  return detail::weighted("binary_cross_entropy", y, options.weight, "weight", "input");
}

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BCEOptions& options) {
  return detail::apply_reduction(cross_entropies(input, target, options), options.reduction);
}

LossParts binary_cross_entropy_parts(const Tensor& input, const Tensor& target, const BCEOptions& options) {
  return detail::parts_of(cross_entropies(input, target, options), options.reduction);
}

}  // namespace xtape
