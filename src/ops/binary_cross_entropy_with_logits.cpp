// l = a softplus(x) + b softplus(-x),  a = w (1 - t), b = w pos_weight t,  softplus(x) = log(1 + e^x)
// dx = gy (a sigmoid(x) - b sigmoid(-x)), da = gy softplus(x), db = gy softplus(-x)
// Keeps x, a and b. Recorded ops compute a and b, and give t and the weights their gradients.
#include <limits>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "ops/log1p_exp.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

constexpr const char* op_name = "binary_cross_entropy_with_logits";

/// Without the threshold above which softplus(x) is x.
Tensor exact_softplus(const Tensor& x) { return softplus(x, 1, std::numeric_limits<double>::infinity()); }

/// The recorded losses of x with the coefficients a and b, all of one shape.
Tensor two_sided_softplus(const Tensor& x, const Tensor& a, const Tensor& b) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T *px = detail::elements<T>(x), *pa = detail::elements<T>(a), *pb = detail::elements<T>(b);
    T* out = detail::elements<T>(y);
    auto term = [](T coefficient, T v) { return coefficient == 0 ? T{0} : coefficient * detail::log1p_exp(v); };
    for (std::int64_t i = 0; i < x.impl()->numel; ++i) out[i] = term(pa[i], px[i]) + term(pb[i], -px[i]);
  });
  return record("binary_cross_entropy_with_logits", {x, a, b}, std::move(y),
                [x = save(x), a = save(a), b = save(b)](const Tensor& gy, Wants wants) {
                  // An element without terms has gradient 0, even when it is NaN.
                  const Tensor v = where(abs(*a) + abs(*b) == 0, 0, *x);
                  return Gradients(wants[0] ? gy * (*a * sigmoid(v) - *b * sigmoid(-v)) : Tensor(),
                                   wants[1] ? gy * exact_softplus(v) : Tensor(),
                                   wants[2] ? gy * exact_softplus(-v) : Tensor());
                });
}

/// `factor` times the weight.
Tensor weighted(const Tensor& factor, const Tensor& weight, const char* what) {
  return detail::weighted(op_name, factor, weight, what, "logits");
}

Tensor losses(const Tensor& logits, const Tensor& target, const BCEWithLogitsOptions& options) {
  detail::check_reduction(op_name, options.reduction);
  const detail::LossOperands both(op_name, logits, target);
  const Tensor &x = both.a, &t = both.b;
  return two_sided_softplus(x, weighted(1 - t, options.weight, "weight"),
                            weighted(weighted(t, options.pos_weight, "pos_weight"), options.weight, "weight"));
}

}  // namespace

Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                        const BCEWithLogitsOptions& options) {
  return detail::apply_reduction(losses(logits, target, options), options.reduction);
}

LossParts binary_cross_entropy_with_logits_parts(const Tensor& logits, const Tensor& target,
                                                 const BCEWithLogitsOptions& options) {
  return detail::parts_of(losses(logits, target, options), options.reduction);
}

}  // namespace xtape
