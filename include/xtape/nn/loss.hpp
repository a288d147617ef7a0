// The losses, as modules: options and weights kept, applied to (input, target). Weights are buffers. `parts` gives the
// sum and the mean's denominator apart: see LossParts.
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
  LossParts parts(const Tensor& log_probabilities, const Tensor& target) const;

  Buffer weight;  ///< undefined: every class counts 1

 private:
  NLLOptions options() const;
  NLLOptions options_;
};

/// See xtape::cross_entropy.
class XTAPE_API CrossEntropyLoss : public Module {
 public:
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  ~CrossEntropyLoss() override;
  Tensor operator()(const Tensor& logits, const Tensor& target) const;
  LossParts parts(const Tensor& logits, const Tensor& target) const;

  Buffer weight;  ///< undefined: every class counts 1

 private:
  CrossEntropyOptions options() const;
  CrossEntropyOptions options_;
};

/// See xtape::mse_loss.
class XTAPE_API MSELoss : public Module {
 public:
  explicit MSELoss(const MSEOptions& options = {});
  ~MSELoss() override;
  Tensor operator()(const Tensor& input, const Tensor& target) const;
  LossParts parts(const Tensor& input, const Tensor& target) const;

 private:
  MSEOptions options_;
};

/// See xtape::binary_cross_entropy_with_logits.
class XTAPE_API BCEWithLogitsLoss : public Module {
 public:
  explicit BCEWithLogitsLoss(const BCEWithLogitsOptions& options = {});
  ~BCEWithLogitsLoss() override;
  Tensor operator()(const Tensor& logits, const Tensor& target) const;
  LossParts parts(const Tensor& logits, const Tensor& target) const;

  Buffer weight, pos_weight;  ///< undefined: 1

 private:
  BCEWithLogitsOptions options() const;
  BCEWithLogitsOptions options_;
};

/// See xtape::kl_div.
class XTAPE_API KLDivLoss : public Module {
 public:
  explicit KLDivLoss(const KLDivOptions& options = {});
  ~KLDivLoss() override;
  Tensor operator()(const Tensor& input, const Tensor& target) const;
  LossParts parts(const Tensor& input, const Tensor& target) const;

 private:
  KLDivOptions options_;
};

}  // namespace xtape::nn
