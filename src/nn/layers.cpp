#include "xtape/nn/layers.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/fail.hpp"
#include "nn/repr.hpp"
#include "xtape/nn/init.hpp"

namespace xtape::nn {

namespace {

std::int64_t checked_extent(const char* layer, const char* what, std::int64_t extent) {
  if (extent < 0) fail<ValueError>(layer, "{} is {}, it must not be negative", what, extent);
  return extent;
}

double checked_probability(const char* layer, double p) {
  if (!(p >= 0 && p <= 1)) fail<ValueError>(layer, "p is {}, it must lie in [0, 1]", p);
  return p;
}

}  // namespace

Identity::~Identity() = default;
Tensor Identity::forward(const Tensor& x) const { return x; }

Linear::Linear(std::int64_t in_features, std::int64_t out_features, LinearOptions options) {
  const double in = static_cast<double>(checked_extent("Linear", "in_features", in_features));
  const double bound = in > 0 ? 1 / std::sqrt(in) : 0;
  checked_extent("Linear", "out_features", out_features);
  auto uniform = [bound](const Shape& shape) { return init::uniform_(empty(shape), -bound, bound); };
  weight = register_parameter("weight", uniform({out_features, in_features}));
  bias = register_parameter("bias", options.bias ? uniform({out_features}) : Tensor());
}
Linear::~Linear() = default;
Tensor Linear::forward(const Tensor& x) const { return linear(x, weight, bias); }
std::string Linear::extra_repr() const {
  return fmt::format("in_features={}, out_features={}, bias={}", weight.size(1), weight.size(0), repr(bias.defined()));
}

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, EmbeddingOptions options)
    : padding_idx_(options.padding_idx) {
  const std::int64_t n = checked_extent("Embedding", "num_embeddings", num_embeddings);
  checked_extent("Embedding", "embedding_dim", embedding_dim);
  const Tensor rows = init::normal_(empty({n, embedding_dim}));
  if (padding_idx_ != no_padding_idx) {
    if (padding_idx_ < -n || padding_idx_ >= n) {
      fail<IndexError>("Embedding", "padding_idx {} is outside [-{}, {})", padding_idx_, n, n);
    }
    init::zeros_(rows[padding_idx_]);
  }
  weight = register_parameter("weight", rows);
}
Embedding::~Embedding() = default;
Tensor Embedding::forward(const Tensor& indices) const { return embedding(indices, weight, padding_idx_); }
std::string Embedding::extra_repr() const {
  const std::int64_t n = weight.size(0), i = padding_idx_ < 0 ? padding_idx_ + n : padding_idx_;
  const std::string padding = padding_idx_ == no_padding_idx ? "" : fmt::format(", padding_idx={}", i);
  return fmt::format("{}, {}{}", n, weight.size(1), padding);
}

Dropout::Dropout(double p) : p_(checked_probability("Dropout", p)) {}
Dropout::~Dropout() = default;
Tensor Dropout::forward(const Tensor& x) const { return dropout(x, p_, is_training()); }
std::string Dropout::extra_repr() const { return fmt::format("p={}, inplace=False", repr(p_)); }

Dropout2d::Dropout2d(double p) : p_(checked_probability("Dropout2d", p)) {}
Dropout2d::~Dropout2d() = default;
Tensor Dropout2d::forward(const Tensor& x) const { return dropout2d(x, p_, is_training()); }
std::string Dropout2d::extra_repr() const { return fmt::format("p={}, inplace=False", repr(p_)); }

Flatten::Flatten(std::int64_t start_dim, std::int64_t end_dim) : start_dim_(start_dim), end_dim_(end_dim) {}
Flatten::~Flatten() = default;
Tensor Flatten::forward(const Tensor& x) const { return flatten(x, start_dim_, end_dim_); }
std::string Flatten::extra_repr() const { return fmt::format("start_dim={}, end_dim={}", start_dim_, end_dim_); }

}  // namespace xtape::nn
