#include "xtape/nn/normalization.hpp"

#include <fmt/format.h>

#include "nn/repr.hpp"
#include "ops/normalize.hpp"

namespace xtape::nn {

using xtape::detail::check_eps;

LayerNorm::LayerNorm(const Shape& normalized_shape, LayerNormOptions options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  if (normalized_shape.empty()) fail<ShapeError>("LayerNorm", "normalized_shape () names no dim");
  check_eps("LayerNorm", options.eps);
  const bool with_bias = options.elementwise_affine && options.bias;
  weight = register_parameter("weight", options.elementwise_affine ? ones(normalized_shape) : Tensor());
  bias = register_parameter("bias", with_bias ? zeros(normalized_shape) : Tensor());
}
LayerNorm::LayerNorm(std::int64_t features, LayerNormOptions options) : LayerNorm(Shape{features}, options) {}
LayerNorm::~LayerNorm() = default;
Tensor LayerNorm::forward(const Tensor& x) const { return layer_norm(x, normalized_shape_, weight, bias, eps_); }
std::string LayerNorm::extra_repr() const {
  return fmt::format("{}, eps={}, elementwise_affine={}, bias={}", repr(normalized_shape_), repr(eps_),
                     repr(weight.defined()), repr(bias.defined()));
}

namespace {

std::string shapes_of_ranks(std::int64_t least, std::int64_t most, std::int64_t features) {
  constexpr const char* places[] = {"", ", L", ", H, W"};  // behind N and C
  std::string text;
  for (std::int64_t rank = least; rank <= most; ++rank) {
    text += fmt::format("{}(N, {}{})", text.empty() ? "" : " or ", features, places[rank - 2]);
  }
  return text;
}

/// Which layer takes x of this shape, or how this one takes it, or nothing.
std::string batch_norm_hint(const Shape& s, std::int64_t least, std::int64_t most, std::int64_t features) {
  const auto rank = s.size();
  if (rank == 4 && most < 4 && s[1] == features) return "; BatchNorm2d takes images";
  if (rank == 2 && least > 2 && s[1] == features) return "; BatchNorm1d takes rows";
  if (rank == 3 && least == 4 && s[0] == features) {
    return fmt::format("; reshape one image to {}?", Shape{1, s[0], s[1], s[2]}.to_string());
  }
  return "";
}

}  // namespace

namespace detail {

BatchNorm::BatchNorm(const char* layer, std::int64_t least_rank, std::int64_t most_rank, std::int64_t num_features,
                     BatchNormOptions options)
    : layer_(layer), least_rank_(least_rank), most_rank_(most_rank), num_features_(num_features), options_(options) {
  if (num_features < 0) fail<ValueError>(layer, "num_features is {}, it must not be negative", num_features);
  check_eps(layer, options.eps);
  const double m = options.momentum;
  if (m != cumulative_average && !(m >= 0 && m <= 1)) {
    fail<ValueError>(layer, "momentum is {}, it must lie in [0, 1] or be cumulative_average", m);
  }
  weight = register_parameter("weight", options.affine ? ones({num_features}) : Tensor());
  bias = register_parameter("bias", options.affine ? zeros({num_features}) : Tensor());
  const bool track = options.track_running_stats;
  running_mean = register_buffer("running_mean", track ? zeros({num_features}) : Tensor());
  running_var = register_buffer("running_var", track ? ones({num_features}) : Tensor());
  num_batches_tracked = register_buffer("num_batches_tracked", track ? zeros({}, {.dtype = int64}) : Tensor());
}
BatchNorm::~BatchNorm() = default;

Tensor BatchNorm::forward(const Tensor& x) const {
  if (!x.defined()) xtape::detail::fail_undefined(layer_);
  if (x.dim() < least_rank_ || x.dim() > most_rank_ || x.size(1) != num_features_) {
    fail<ShapeError>(layer_, "expected {}, got {}{}", shapes_of_ranks(least_rank_, most_rank_, num_features_),
                     x.shape(), batch_norm_hint(x.shape(), least_rank_, most_rank_, num_features_));
  }
  const bool tracks = running_mean.defined(), training = is_training() || !tracks;
  double momentum = options_.momentum;
  if (momentum == cumulative_average) {
    momentum = tracks ? 1 / static_cast<double>(num_batches_tracked.item<std::int64_t>() + 1) : 0;
  }
  const Tensor y = batch_norm(x, running_mean, running_var, weight, bias, training, momentum, options_.eps);
  if (training && tracks) num_batches_tracked.add_(ones({}, {.dtype = int64}));
  return y;
}

std::string BatchNorm::extra_repr() const {
  const auto& [eps, momentum, affine, track_running_stats] = options_;
  return fmt::format("{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}", num_features_, repr(eps),
                     momentum == cumulative_average ? "None" : repr(momentum), repr(affine), repr(bias.defined()),
                     repr(track_running_stats));
}

}  // namespace detail

BatchNorm1d::BatchNorm1d(std::int64_t num_features, BatchNormOptions options)
    : BatchNorm("BatchNorm1d", 2, 3, num_features, options) {}
BatchNorm1d::~BatchNorm1d() = default;

BatchNorm2d::BatchNorm2d(std::int64_t num_features, BatchNormOptions options)
    : BatchNorm("BatchNorm2d", 4, 4, num_features, options) {}
BatchNorm2d::~BatchNorm2d() = default;

}  // namespace xtape::nn
