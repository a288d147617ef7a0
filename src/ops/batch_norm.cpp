// y = (x - m) / sqrt(v + eps) w + b for each channel; in training m and v are the batch's mean and biased variance,
// else the running ones, which are constants then.
// For z = (x - m) r, r = 1 / sqrt(v + eps), in training:  dx = r (gz - mean(gz) - z mean(gz z)),  gz = gy w
// Recorded as z, then mul and add for w and b; see ops/normalize.cpp. What is kept shares no storage with the running
// statistics, which may change before backward.
#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
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

/// statistic = (1 - momentum) statistic + momentum value, rounded once.
void move_towards(const Tensor& statistic, const Tensor& value, double momentum) {
  statistic.copy_((1 - momentum) * statistic.to(float64) + momentum * value);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, bool training, double momentum, double eps) {
  check(x, running_mean, running_var, weight, bias, training, momentum, eps);
  const Shape& shape = x.impl()->shape;
  Shape per_channel(shape.begin() + 1, shape.end()), dims = {0};
  for (std::int64_t d = 2; d < shape.size(); ++d) {
    per_channel[d - 1] = 1;
    dims.push_back(d);
  }
  if (!training) {
    const Tensor scale = without_grad([&] { return 1 / sqrt(running_var + eps); });
    const Tensor z = (x - running_mean.detach().reshape(per_channel)) * scale.reshape(per_channel);
    return detail::scale_and_shift(z, weight, bias, per_channel);
  }
  const kernels::Groups groups{shape[0], shape[1], Shape(shape.begin() + 2, shape.end()).numel()};
  const std::int64_t n = groups.group_size();
  if (n == 1) fail<ValueError>("batch_norm", "training needs more than one value per channel, got {}", shape);
  const detail::Normalized z = detail::normalize("batch_norm", x, groups, dims, eps);
  Tensor y = detail::scale_and_shift(z.y, weight, bias, per_channel);  // everything that can throw comes first
  if (running_mean.defined() && n > 1) {                               // n = 0: an empty batch changes nothing
    NoGradGuard no_grad;
    move_towards(running_mean, z.mean, momentum);
    move_towards(running_var, z.variance * (static_cast<double>(n) / static_cast<double>(n - 1)), momentum);
  }
  return y;
}

}  // namespace xtape
