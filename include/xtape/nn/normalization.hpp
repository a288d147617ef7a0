// Layers that normalise their input to mean 0 and variance 1. Names, shapes and initial values of parameters and
// buffers are PyTorch's.
#pragma once

#include <cstdint>

#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< with a weight
  bool bias = true;                ///< with a bias, if there is a weight
};

/// See xtape::layer_norm. The weight starts as 1, the bias as 0.
class XTAPE_API LayerNorm : public Module {
 public:
  /// ShapeError when normalized_shape is empty, ValueError for an eps that is negative or NaN.
  explicit LayerNorm(const Shape& normalized_shape, LayerNormOptions options = {});
  explicit LayerNorm(std::int64_t features, LayerNormOptions options = {});
  ~LayerNorm() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

  Parameter weight;  ///< undefined unless elementwise_affine
  Parameter bias;    ///< undefined unless elementwise_affine and bias

 private:
  Shape normalized_shape_;
  double eps_;
};

/// PyTorch's momentum = None: running statistics are the plain average over all batches so far.
constexpr double cumulative_average = -1;

struct BatchNormOptions {
  double eps = 1e-5;
  double momentum = 0.1;            ///< weight of the newest batch in the running statistics, or cumulative_average
  bool affine = true;               ///< with a weight and a bias
  bool track_running_stats = true;  ///< else evaluation, too, uses the batch's own statistics
};

namespace detail {
/// What the BatchNorms share; they differ in the ranks that they take.
class XTAPE_API BatchNorm : public Module {
 public:
  ~BatchNorm() override;
  Tensor forward(const Tensor& x) const override;
  std::string extra_repr() const override;

  Parameter weight, bias;            ///< (C), undefined unless affine
  Buffer running_mean, running_var;  ///< (C), initially 0 and 1; undefined unless track_running_stats
  Buffer num_batches_tracked;        ///< int64, 0-dim: training calls so far; undefined unless track_running_stats

 protected:
  /// `layer` names the class in errors. It takes these ranks and those between.
  BatchNorm(const char* layer, std::int64_t least_rank, std::int64_t most_rank, std::int64_t num_features,
            BatchNormOptions options);

 private:
  const char* layer_;
  std::int64_t least_rank_, most_rank_;
  std::int64_t num_features_;
  BatchNormOptions options_;
};
}  // namespace detail

/// See xtape::batch_norm. x (N, C) or (N, C, L) -> the same shape, ShapeError for another rank or C. The weight starts
/// as 1, the bias as 0. A training call writes the running statistics, so that calls on one module from several threads
/// need a lock; evaluation needs none.
class XTAPE_API BatchNorm1d : public detail::BatchNorm {
 public:
  /// ValueError for options outside their range.
  explicit BatchNorm1d(std::int64_t num_features, BatchNormOptions options = {});
  ~BatchNorm1d() override;
};

/// The same for images: x (N, C, H, W).
class XTAPE_API BatchNorm2d : public detail::BatchNorm {
 public:
  explicit BatchNorm2d(std::int64_t num_features, BatchNormOptions options = {});
  ~BatchNorm2d() override;
};

}  // namespace xtape::nn
