#include "xtape/nn/loss.hpp"

namespace xtape::nn {

NLLLoss::NLLLoss(const NLLOptions& options) : weight(register_buffer("weight", options.weight)), options_(options) {}
NLLLoss::~NLLLoss() = default;

Tensor NLLLoss::operator()(const Tensor& log_probabilities, const Tensor& target) const {
  NLLOptions options = options_;
  options.weight = weight;  // the buffer, which `to` and `clone` know of
  return nll_loss(log_probabilities, target, options);
}

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyOptions& options)
    : weight(register_buffer("weight", options.weight)), options_(options) {}
CrossEntropyLoss::~CrossEntropyLoss() = default;

Tensor CrossEntropyLoss::operator()(const Tensor& logits, const Tensor& target) const {
  CrossEntropyOptions options = options_;
  options.weight = weight;  // the buffer, which `to` and `clone` know of
  return cross_entropy(logits, target, options);
}

}  // namespace xtape::nn
