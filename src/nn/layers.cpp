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

/// The weight of an embedding: from N(0, 1), but 0 in the padding row.
Tensor rows_of_table(const char* layer, std::int64_t n, std::int64_t d, std::int64_t padding_idx) {
  const Tensor rows =
      init::normal_(empty({checked_extent(layer, "num_embeddings", n), checked_extent(layer, "embedding_dim", d)}));
  if (padding_idx == no_padding_idx) return rows;
  if (padding_idx < -n || padding_idx >= n) {
    fail<IndexError>(layer, "padding_idx {} is outside [-{}, {})", padding_idx, n, n);
  }
  init::zeros_(rows[padding_idx]);
  return rows;
}

std::string repr_of_padding(std::int64_t padding_idx, std::int64_t n) {
  if (padding_idx == no_padding_idx) return "";
  return fmt::format(", padding_idx={}", padding_idx < 0 ? padding_idx + n : padding_idx);
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
  weight = register_parameter("weight", rows_of_table("Embedding", num_embeddings, embedding_dim, padding_idx_));
}
Embedding::~Embedding() = default;
Tensor Embedding::forward(const Tensor& indices) const { return embedding(indices, weight, padding_idx_); }
std::string Embedding::extra_repr() const {
  return fmt::format("{}, {}{}", weight.size(0), weight.size(1), repr_of_padding(padding_idx_, weight.size(0)));
}

EmbeddingBag::EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, EmbeddingBagOptions options)
    : options_(options) {
  weight =
      register_parameter("weight", rows_of_table("EmbeddingBag", num_embeddings, embedding_dim, options.padding_idx));
}
EmbeddingBag::~EmbeddingBag() = default;
Tensor EmbeddingBag::forward(const Tensor& x) const { return forward(x, Tensor(), Tensor()); }
Tensor EmbeddingBag::forward(const Tensor& x, const Tensor& offsets) const { return forward(x, offsets, Tensor()); }
Tensor EmbeddingBag::forward(const Tensor& x, const Tensor& offsets, const Tensor& per_sample_weights) const {
  return embedding_bag(x, weight,
                       {.offsets = offsets,
                        .mode = options_.mode,
                        .per_sample_weights = per_sample_weights,
                        .include_last_offset = options_.include_last_offset && offsets.defined(),
                        .padding_idx = options_.padding_idx});
}
std::string EmbeddingBag::extra_repr() const {
  constexpr const char* names[] = {"sum", "mean", "max"};
  return fmt::format("{}, {}, mode='{}'{}", weight.size(0), weight.size(1), names[static_cast<int>(options_.mode)],
                     repr_of_padding(options_.padding_idx, weight.size(0)));
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
