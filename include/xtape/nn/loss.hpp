// The losses, as modules: options and class weights kept, applied to (input, target). The class weight is a buffer.
#pragma once

#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

/// See xtape::nll_loss.
class XTAPE_API NLLLoss : public Module {
 public:
  explicit NLLLoss(const NLLOptions& options = {});
  ~NLLLoss() override;
  Tensor operator()(const Tensor& log_probabilities, const Tensor& target) const;

  Buffer weight;  ///< undefined: every class counts 1

 private:
  NLLOptions options_;
};

/// See xtape::cross_entropy.
class XTAPE_API CrossEntropyLoss : public Module {
 public:
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  ~CrossEntropyLoss() override;
  Tensor operator()(const Tensor& logits, const Tensor& target) const;

  Buffer weight;  ///< undefined: every class counts 1

 private:
  CrossEntropyOptions options_;
};

}  // namespace xtape::nn
