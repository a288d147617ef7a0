// y = (x - m) r w + b for each channel, r = 1 / sqrt(v + eps); in training m and v are the batch's mean and biased
// variance, else the running ones, which are constants then. With z = (x - m) r and gz = gy w:
//   dx = r (gz - mean(gz) - z mean(gz z)) in training, else r gz        dw = sum(gy z)        db = sum(gy)
// Keeps x and, in float64 for each channel, m and r: copies, because the running statistics may change before backward.
// A gradient that is itself recorded computes m and r again, as functions of x.
#include "kernels/batch_norm.hpp"

#include <cmath>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/fail.hpp"
#include "core/parallel.hpp"
#include "ops/checks.hpp"
#include "ops/normalize.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape {

namespace {

void check(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
           const Tensor& bias, bool training, double momentum, double eps) {
  detail::check_floating("batch_norm", x);
  const Shape& shape = x.impl()->shape;
  if (shape.size() < 2) fail<ShapeError>("batch_norm", "expected (N, C) or (N, C, L...), got {}", shape);
  const Shape channels = {shape[1]};
  const DType dtype = x.impl()->dtype;
  detail::check_like("batch_norm", "a weight", weight, channels, dtype);
  detail::check_like("batch_norm", "a bias", bias, channels, dtype);
  detail::check_like("batch_norm", "a running_mean", running_mean, channels, dtype);
  detail::check_like("batch_norm", "a running_var", running_var, channels, dtype);
  detail::check_eps("batch_norm", eps);
  if (!(momentum >= 0 && momentum <= 1)) {
    fail<ValueError>("batch_norm", "momentum is {}, it must lie in [0, 1]", momentum);
  }
  if (running_mean.defined() != running_var.defined()) {
    fail<ValueError>("batch_norm", "only one of running_mean and running_var is defined");
  }
  if (!training && !running_mean.defined()) {
    fail<ValueError>("batch_norm", "evaluation needs running_mean and running_var");
  }
}

/// The values of each channel. (A shape without elements counts as no samples of one value.)
kernels::Groups channels_of(const Shape& shape) {
  const std::int64_t inner = Shape(shape.begin() + 2, shape.end()).numel();
  return inner == 0 ? kernels::Groups{0, shape[1], 1} : kernels::Groups{shape[0], shape[1], inner};
}

/// What forward and backward know of the channels, in float64, one number for each.
struct Channels {
  explicit Channels(const Shape& shape)
      : groups(channels_of(shape)),
        mean(detail::make_tensor({shape[1]}, DType::float64)),
        variance(empty_like(mean)),
        scale(empty_like(mean)) {}
  kernels::Groups groups;
  Tensor mean, variance, scale;  // scale = 1 / sqrt(variance + eps)
};

/// f(first, end) for consecutive channels, on several threads. One takes about `ns` nanoseconds for an element.
template <class F>
void each_channels(const kernels::Groups& g, double ns, F f) {
  const std::int64_t least = g.inner > 1 ? 1 : 64;  // columns of a matrix: a line of the cache holds several
  parallel_groups(
      g.count, g.group_size(), ns, [&f](std::int64_t first, std::int64_t count) { f(first, first + count); }, least);
}

/// As float64: 1 of an undefined weight, 0 of an undefined bias.
template <class T>
double parameter(const Tensor& t, std::int64_t channel, double otherwise) {
  return t.defined() ? static_cast<double>(detail::elements<T>(t)[channel]) : otherwise;
}

/// In training, fills c's mean and variance.
Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias, bool training, double eps, Channels& c) {
  Tensor y = detail::make_tensor(x.impl()->shape, x.impl()->dtype);
  const Tensor lines = detail::make_tensor({2, c.groups.count}, DType::float64);
  double *m = detail::elements<double>(c.mean), *v = detail::elements<double>(c.variance);
  double *r = detail::elements<double>(c.scale), *a = detail::elements<double>(lines), *b = a + c.groups.count;
  visit_floating(x.impl()->dtype, [&]<class T>() {
    const T* from = detail::elements<T>(x);
    T* to = detail::elements<T>(y);
    each_channels(c.groups, training ? 1 : 0.5, [&, from, to](std::int64_t first, std::int64_t end) {
      if (training) kernels::channel_moments(from, c.groups, first, end, m, v);
      for (std::int64_t k = first; k < end; ++k) {
        r[k] = 1 / std::sqrt(v[k] + eps);
        a[k] = r[k] * parameter<T>(weight, k, 1);
        b[k] = parameter<T>(bias, k, 0);
      }
      kernels::channel_affine(from, c.groups, first, end, m, a, b, to);
    });
  });
  return y;
}

/// The gradients that are wanted, as values.
Gradients fused_gradients(const Tensor& x, const Tensor& weight, const Tensor& gy, const Channels& c, bool training,
                          Wants wants) {
  const std::int64_t count = c.groups.count;
  const DType dtype = gy.impl()->dtype;
  Tensor dx, dw, db;
  if (wants[0]) dx = detail::make_tensor(gy.impl()->shape, dtype);
  if (wants[1]) dw = detail::make_tensor({count}, dtype);
  if (wants[2]) db = detail::make_tensor({count}, dtype);
  const Tensor rows = detail::make_tensor({4, count}, DType::float64);
  const double *m = detail::elements<double>(c.mean), *r = detail::elements<double>(c.scale);
  double *sums = detail::elements<double>(rows), *products = sums + count;
  double *slope = products + count, *scale = slope + count;
  const bool sums_up = training || wants[1] || wants[2];
  visit_floating(dtype, [&]<class T>() {
    const T *g = detail::elements<T>(gy), *u = x.defined() ? detail::elements<T>(x) : g;  // u: only products need it
    each_channels(c.groups, 1.5, [&, g, u](std::int64_t first, std::int64_t end) {
      if (sums_up) kernels::channel_products(u, g, c.groups, first, end, m, sums, products);
      for (std::int64_t k = first; k < end; ++k) {
        if (dw.defined()) detail::elements<T>(dw)[k] = static_cast<T>(products[k] * r[k]);
        if (db.defined()) detail::elements<T>(db)[k] = static_cast<T>(sums[k]);
        scale[k] = r[k] * parameter<T>(weight, k, 1);
        const double n = static_cast<double>(c.groups.group_size());
        slope[k] = training ? r[k] * r[k] * (products[k] / n) : 0;
        sums[k] = training ? sums[k] / n : 0;
      }
      if (!dx.defined()) return;
      T* d = detail::elements<T>(dx);
      if (training) {
        kernels::channel_gradient(u, g, c.groups, first, end, m, sums, slope, scale, d);
      } else {
        kernels::channel_affine(g, c.groups, first, end, sums, scale, sums, d);  // the sums are 0
      }
    });
  });
  return Gradients(dx, dw, db);
}

/// The same in recorded ops, as functions of x, weight and gy.
Gradients recorded_gradients(const Tensor& x, const Tensor& weight, const Tensor& gy, const Channels& c, bool training,
                             double eps, Wants wants) {
  const Shape& shape = gy.impl()->shape;
  Shape per_channel(shape.begin() + 1, shape.end()), dims = {0};
  for (std::int64_t d = 2; d < shape.size(); ++d) {
    per_channel[d - 1] = 1;
    dims.push_back(d);
  }
  Tensor r = c.scale.to(gy.dtype()).reshape(per_channel), z, dx, dw, db;
  if (training) {
    const Tensor centred = x - mean(x, dims, true);
    r = 1 / sqrt(mean(centred * centred, dims, true) + eps);
    z = centred * r;
  } else if (wants[1]) {
    z = (x - c.mean.to(gy.dtype()).reshape(per_channel)) * r;
  }
  if (wants[0]) {
    const Tensor gz = weight.defined() ? gy * weight.reshape(per_channel) : gy;
    dx = training ? r * (gz - mean(gz, dims, true) - z * mean(gz * z, dims, true)) : gz * r;
  }
  if (wants[1]) dw = sum(gy * z, dims);
  if (wants[2]) db = sum(gy, dims);
  return Gradients(dx, dw, db);
}

/// statistic = (1 - momentum) statistic + momentum value, rounded once.
void move_towards(const Tensor& statistic, const Tensor& value, double momentum) {
  statistic.copy_((1 - momentum) * statistic.to(float64) + momentum * value);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, bool training, double momentum, double eps) {
  check(x, running_mean, running_var, weight, bias, training, momentum, eps);
  Channels c(x.impl()->shape);
  const std::int64_t n = c.groups.group_size();
  if (training && n == 1) {
    fail<ValueError>("batch_norm",
                     "training needs more than one value per channel, got {}; to predict call eval() first, and "
                     "drop_last leaves out a last batch of one",
                     x.impl()->shape);
  }
  if (!training) {
    c.mean.copy_(running_mean.detach());
    c.variance.copy_(running_var.detach());
  }
  const bool needs_x = training || (weight.defined() && weight.requires_grad());
  const auto gradient = [x = save(x, needs_x), w = save(weight, weight.defined()), c, training, eps, needs_x,
                         has_weight = weight.defined()](const Tensor& gy, Wants wants) {
    const Tensor from = needs_x ? *x : Tensor(), scale = has_weight ? *w : Tensor();
    if (is_grad_enabled()) return recorded_gradients(from, scale, gy, c, training, eps, wants);
    return fused_gradients(from, scale, gy, c, training, wants);
  };
  Tensor y = record("batch_norm", {x, weight, bias}, forward(x, weight, bias, training, eps, c), gradient);
  // Everything that can throw came first. An empty batch changes nothing.
  if (training && running_mean.defined() && n > 1) {
    NoGradGuard no_grad;
    move_towards(running_mean, c.mean, momentum);
    move_towards(running_var, c.variance * (static_cast<double>(n) / static_cast<double>(n - 1)), momentum);
  }
  return y;
}

}  // namespace xtape
