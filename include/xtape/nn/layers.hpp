// Layers with weights, and those that only move or drop elements; activations and normalization have their own headers.
// Parameter names, shapes and initial distributions are PyTorch's.
#pragma once

#include <concepts>
#include <cstdint>

#include "xtape/embedding_bag.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

/// x itself.
class XTAPE_API Identity : public Module {
 public:
  ~Identity() override;
  Tensor forward(const Tensor& x) const override;
};

struct LinearOptions {
  bool bias = true;
};

/// y = x weight^T + bias. x (..., in) -> (..., out). weight (out, in), then bias (out), both from U(-k, k) with
/// k = 1 / sqrt(in). ShapeError when x does not end in `in`.
class XTAPE_API Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, LinearOptions options = {});
  /// Linear(2, 3, false) has no bias. (A template, so that `{}` still means default options.)
  template <std::same_as<bool> B>
  Linear(std::int64_t in_features, std::int64_t out_features, B has_bias)
      : Linear(in_features, out_features, LinearOptions{.bias = has_bias}) {}
  ~Linear() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

  Parameter weight;
  Parameter bias;  ///< undefined without a bias
};

struct EmbeddingOptions {
  std::int64_t padding_idx = no_padding_idx;  ///< a row that starts as 0 and gets no gradient; negative: from the end
};

/// Rows of the weight (n, d) by integer indices (...) -> (..., d). The weight is from N(0, 1). IndexError for an index
/// outside [0, n) or a padding_idx outside [-n, n), ValueError for a negative extent.
class XTAPE_API Embedding : public Module {
 public:
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, EmbeddingOptions options = {});
  ~Embedding() override;
  Tensor forward(const Tensor& indices) const override;
  std::string extra_repr() const override;

  Parameter weight;

 private:
  std::int64_t padding_idx_;
};

using xtape::BagMode;

struct EmbeddingBagOptions {
  BagMode mode = BagMode::mean;
  bool include_last_offset = false;           ///< offsets end with the number of indices
  std::int64_t padding_idx = no_padding_idx;  ///< a row that starts as 0, does not count and gets no gradient;
                                              ///< negative: from the end
};

/// Rows of the weight (n, d), combined by bags of integer indices: (N, L) -> (N, d), where each row is a bag. With
/// offsets, which say where each bag begins, (L) and (N) -> (N, d): `bag(x, offsets)`, and with a factor for each index
/// `bag(x, offsets, per_sample_weights)`. The weight is from N(0, 1). Errors as in embedding_bag; ValueError for a
/// negative extent, IndexError for a padding_idx outside [-n, n).
class XTAPE_API EmbeddingBag : public Module {
 public:
  EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, EmbeddingBagOptions options = {});
  ~EmbeddingBag() override;
  Tensor forward(const Tensor& x) const override;
  Tensor forward(const Tensor& x, const Tensor& offsets) const override;
  Tensor forward(const Tensor& x, const Tensor& offsets, const Tensor& per_sample_weights) const override;
  std::string extra_repr() const override;

  Parameter weight;

 private:
  EmbeddingBagOptions options_;
};

/// In training each element is kept with probability 1 - p and scaled by 1 / (1 - p); in evaluation x is returned
/// unchanged. ValueError unless 0 <= p <= 1.
class XTAPE_API Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5);
  ~Dropout() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;
  double p() const noexcept { return p_; }

 private:
  double p_;
};

/// The same for whole channels: see xtape::dropout2d. x (N, C, H, W), (N, C, L) or (N, C).
class XTAPE_API Dropout2d : public Module {
 public:
  explicit Dropout2d(double p = 0.5);
  ~Dropout2d() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;
  double p() const noexcept { return p_; }

 private:
  double p_;
};

/// Joins the dims start_dim to end_dim; by default all but the batch's.
class XTAPE_API Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
  ~Flatten() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

 private:
  std::int64_t start_dim_, end_dim_;
};

}  // namespace xtape::nn
