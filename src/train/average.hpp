// The moving average of a model's weights, the trainer's option `ema`. Averaged are the parameters, each in its dtype;
// buffers, such as BatchNorm's running statistics, are those of the model.
//
// Invariant: the model's tensors stay the same ones, so that optimizer and state_dict() always refer to what the model
// computes with.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/nn/module.hpp"

namespace xtape::train {

class WeightAverage {
 public:
  /// Begins with the parameters' values.
  WeightAverage(const nn::Module& model, double decay);

  /// To be called after step number `step` of the optimizer, from 1: average = d average + (1 - d) parameter, where d
  /// is min(decay, (1 + step) / (10 + step)), the warm-up of TensorFlow's ExponentialMovingAverage. Without it, the
  /// weights that training began with would count for long.
  void update(std::int64_t step);
  /// Swaps the values of the parameters and the averages. No recorded graph may need them any more.
  void exchange();
  /// The averages themselves, under their parameters' names.
  const std::vector<NamedTensor>& averages() const noexcept { return averages_; }

 private:
  /// A callback may have converted the model.
  void match_dtypes();

  double decay_;
  std::vector<Tensor> parameters_;
  std::vector<NamedTensor> averages_;
};

/// While it exists, the model has the averaged weights. Null: it has its own.
class AveragedWeights {
 public:
  explicit AveragedWeights(WeightAverage* average) : average_(average) {
    if (average_) average_->exchange();
  }
  ~AveragedWeights() {
    if (average_) average_->exchange();
  }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  WeightAverage* average_;
};

}  // namespace xtape::train
