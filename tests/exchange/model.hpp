// A model with every module that has parameters or buffers, the layers in each of their forms; model.py has the same
// one in PyTorch. Weights of one give the same logits and losses in the other.
#pragma once

#include <algorithm>
#include <limits>

#include "xtape/xtape.hpp"

namespace xtape::testing {

class EveryModule : public nn::Module {
 public:
  /// words int64 (N, 5), x (N, 6) -> (N, 4).
  Tensor operator()(const Tensor& words, const Tensor& x) const {
    const Tensor mixed = channels(norm(embedding(words)));
    Tensor y = layers(cat({mixed.flatten(1), x}, 1)) + bag(words) + picture(mixed.unsqueeze(1));
    for (const nn::Module& block : blocks) y = y + block(y);
    return head(y) * scale + shift;
  }

  /// The value of each loss that has a buffer. logits (N, 4), target int64 (N) -> (4).
  Tensor losses(const Tensor& logits, const Tensor& target) const {
    const Tensor likely = one_hot(target, 4).to(logits.dtype());
    return stack({cross_entropy(logits, target), nll(log_softmax(logits, 1), target), bce(sigmoid(logits), likely),
                  bce_with_logits(logits, likely)});
  }

  nn::Embedding embedding = register_module("embedding", nn::Embedding(20, 8, {.padding_idx = 0}));
  nn::LayerNorm norm = register_module("norm", nn::LayerNorm(Shape{5, 8}));
  nn::BatchNorm1d channels = register_module("channels", nn::BatchNorm1d(5, {.momentum = 0.3}));
  nn::Sequential layers = register_module(
      "layers", nn::Sequential{nn::Linear(46, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Linear(8, 8, false),
                               nn::BatchNorm1d(8, {.momentum = nn::cumulative_average}), nn::GELU()});
  nn::ModuleList blocks = register_module(
      "blocks",
      nn::ModuleList{nn::Sequential{nn::BatchNorm1d(8, {.affine = false}), nn::Linear(8, 8), nn::Tanh()},
                     nn::Sequential{nn::LayerNorm(8, {.bias = false}), nn::Linear(8, 8), nn::SiLU()},
                     nn::Sequential{nn::LayerNorm(8, {.eps = 1e-3, .elementwise_affine = false}), nn::Linear(8, 8)},
                     nn::BatchNorm1d(8, {.eps = 1e-3, .track_running_stats = false})});
  nn::EmbeddingBag bag = register_module("bag", nn::EmbeddingBag(20, 8, {.padding_idx = 0}));
  nn::Sequential picture = register_module(
      "picture", nn::Sequential{nn::Conv2d(1, 4, 3, {.padding = 1, .bias = false}), nn::BatchNorm2d(4), nn::ReLU(),
                                nn::MaxPool2d(2), nn::ConvTranspose2d(4, 2, 2, {.stride = 2}),
                                nn::Conv2d(2, 8, {3, 5}, {.groups = 2}), nn::AdaptiveAvgPool2d(1), nn::Flatten()});
  nn::Linear head = register_module("head", nn::Linear(8, 4));
  nn::Parameter scale = register_parameter("scale", ones({4}));
  nn::Buffer shift = register_buffer("shift", full({4}, 0.5));
  nn::CrossEntropyLoss cross_entropy = register_module("cross_entropy", nn::CrossEntropyLoss({.weight = rand({4})}));
  nn::NLLLoss nll = register_module("nll", nn::NLLLoss({.weight = rand({4})}));
  nn::BCELoss bce = register_module("bce", nn::BCELoss({.weight = rand({4})}));
  nn::BCEWithLogitsLoss bce_with_logits =
      register_module("bce_with_logits", nn::BCEWithLogitsLoss({.weight = rand({4}), .pos_weight = rand({4})}));
};

/// The largest difference from `expected`, in units of its largest number.
inline double relative_error(const Tensor& x, const Tensor& expected) {
  if (x.shape() != expected.shape() || x.dtype() != expected.dtype()) {
    return std::numeric_limits<double>::infinity();
  }
  return ((x - expected).abs().max() / expected.abs().max()).item<double>();
}

/// How far the logits and losses of a model in evaluation are from those of a file of cases.
inline double error_in(EveryModule& model, const StateDict& cases) {
  model.eval();
  const NoGradGuard no_grad;
  const Tensor logits = model(cases["words"], cases["x"]);
  return std::max(relative_error(logits, cases["logits"]),
                  relative_error(model.losses(logits, cases["target"]), cases["losses"]));
}

}  // namespace xtape::testing
