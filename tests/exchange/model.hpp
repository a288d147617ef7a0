// A model with every layer that has parameters or buffers, in each of its forms; model.py has the same one in PyTorch.
// Weights of one give the same logits in the other.
#pragma once

#include <limits>

#include "xtape/xtape.hpp"

namespace xtape::testing {

class EveryLayer : public nn::Module {
 public:
  /// words int64 (N, 5), x (N, 6) -> (N, 4).
  Tensor operator()(const Tensor& words, const Tensor& x) const {
    const Tensor mixed = channels(norm(embedding(words)));
    Tensor y = layers(cat({mixed.flatten(1), x}, 1));
    for (const nn::Module& block : blocks) y = y + block(y);
    return head(y) * scale + shift;
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
  nn::Linear head = register_module("head", nn::Linear(8, 4));
  nn::Parameter scale = register_parameter("scale", ones({4}));
  nn::Buffer shift = register_buffer("shift", full({4}, 0.5));
};

/// The largest difference from `expected`, in units of its largest number.
inline double relative_error(const Tensor& logits, const Tensor& expected) {
  if (logits.shape() != expected.shape() || logits.dtype() != expected.dtype()) {
    return std::numeric_limits<double>::infinity();
  }
  return ((logits - expected).abs().max() / expected.abs().max()).item<double>();
}

}  // namespace xtape::testing
