// MixUp: x = lambda x + (1 - lambda) x[permutation], targets alike.
#include <algorithm>
#include <cmath>

#include "core/dispatch.hpp"
#include "data/transformable.hpp"
#include "kernels/image.hpp"
#include "kernels/plain_math.hpp"
#include "kernels/random.hpp"
#include "xtape/creation.hpp"
#include "xtape/data/transforms.hpp"

namespace xtape::data {

namespace {

constexpr char mix_up_op[] = "MixUp";

/// The logarithm of a number from the gamma distribution (Marsaglia and Tsang, "A simple method for generating gamma
/// variables", 2000): for a small alpha the number itself may be below all doubles.
double log_gamma_variate(double alpha, Generator& generator) {
  const double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const Generator::State begin = generator.reserve(2);
    double z, u[2];
    kernels::normal({begin.seed, begin.offset}, 0, 1, &z);
    kernels::uniform({begin.seed, begin.offset + 1}, 0, 2, u);
    const double root = 1 + c * z, v = root * root * root;
    if (root <= 0) continue;
    const double log_v = kernels::plain_log(v);
    if (kernels::plain_log(1 - u[0]) >= 0.5 * z * z + d - d * v + d * log_v) continue;
    const double shrunk = alpha < 1 ? kernels::plain_log(1 - u[1]) / std::max(alpha, 1e-300) : 0;
    return kernels::plain_log(d) + log_v + shrunk;
  }
}

/// From the distribution Beta(alpha, alpha).
double beta_variate(double alpha, Generator& generator) {
  const double a = log_gamma_variate(alpha, generator), b = log_gamma_variate(alpha, generator);
  return 1 / (1 + kernels::plain_exp(std::clamp(b - a, -700.0, 700.0)));
}

/// The targets as probabilities of dtype `dtype`.
Tensor probabilities(const Tensor& y, std::int64_t n, std::int64_t classes, DType dtype) {
  xtape::detail::check_defined(mix_up_op, y);
  const Shape& shape = y.impl()->shape;
  if (is_floating(y.dtype())) {
    if (shape != Shape{n, classes}) {
      fail<ShapeError>(mix_up_op, "expected probabilities ({}, {}), got {}", n, classes, shape);
    }
    if (y.dtype() != dtype) {
      fail<DTypeError>(mix_up_op, "inputs are {}, target probabilities {}; they must be alike", dtype, y.dtype());
    }
    return y;
  }
  xtape::detail::check_integer(mix_up_op, y);
  if (shape != Shape{n}) fail<ShapeError>(mix_up_op, "expected classes ({}) for {} inputs, got {}", n, n, shape);
  const Tensor target = y.to(DType::int64), result = zeros({n, classes}, dtype);
  visit_floating(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t k = xtape::detail::elements<std::int64_t>(target)[i];
      if (k < 0 || k >= classes) fail<IndexError>(mix_up_op, "target[{}] = {} is outside [0, {})", i, k, classes);
      xtape::detail::elements<T>(result)[i * classes + k] = 1;
    }
  });
  return result;
}

/// weight x + (1 - weight) x[permutation].
Tensor mixed(const Tensor& x, const std::vector<std::int64_t>& permutation, double weight) {
  Tensor y = xtape::detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  const auto n = static_cast<std::int64_t>(permutation.size());
  const std::int64_t slice = n == 0 ? 0 : x.impl()->numel / n;
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* from = xtape::detail::elements<T>(x);
    T* to = xtape::detail::elements<T>(y);
    for (const std::int64_t other : permutation) {
      const T* mine = from + (to - xtape::detail::elements<T>(y));
      kernels::mix(mine, from + other * slice, static_cast<T>(weight), to, slice);
      to += slice;
    }
  });
  return y;
}

}  // namespace

MixUp::MixUp(std::int64_t classes, double alpha) : classes_(classes), alpha_(alpha) {
  if (classes < 1) fail<ValueError>(mix_up_op, "classes is {}, it must be above 0", classes);
  if (!(alpha > 0) || !std::isfinite(alpha)) {
    fail<ValueError>(mix_up_op, "alpha is {}, it must be above 0 and finite", alpha);
  }
}

Batch MixUp::operator()(Batch batch, Generator& generator) const {
  check_transformable(mix_up_op, batch.x);
  if (batch.x.dim() == 0) fail<ShapeError>(mix_up_op, "expected a batch of inputs, got {}", batch.x.shape());
  const std::int64_t n = batch.x.size(0);
  const Tensor y = probabilities(batch.y, n, classes_, batch.x.dtype());
  const double weight = beta_variate(alpha_, generator);
  std::vector<std::int64_t> permutation(static_cast<std::size_t>(n));
  const Generator::State begin = generator.reserve(kernels::blocks_for(n, kernels::integers_per_block));
  kernels::permutation({begin.seed, begin.offset}, n, permutation.data());
  return {mixed(batch.x, permutation, weight), mixed(y, permutation, weight)};
}

}  // namespace xtape::data
