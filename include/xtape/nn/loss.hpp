// The losses, as modules of two inputs, (input, target): each keeps its options, its weights as buffers. `parts` gives
// the sum and the mean's denominator separately: see LossParts.
#pragma once

#include "xtape/nn/module.hpp"
#include "xtape/ops.hpp"

namespace xtape::nn {

/// The base of the losses. A user-defined loss derives from it and defines `parts` and
/// `Tensor forward(const Tensor& input, const Tensor& target)`, const or not.
class XTAPE_API Loss : public Module {
 public:
  ~Loss() override;
  /// Module's, declared again so that a call with one or three inputs does not compile.
  Tensor operator()(const Tensor& input, const Tensor& target) const { return Module::operator()(input, target); }
  /// The loss summed and what its mean divides by, whatever the reduction.
  virtual LossParts parts(const Tensor& input, const Tensor& target) const = 0;
  /// The denominator of parts(input, target), which the built-in losses know without computing the loss.
  virtual double denominator(const Tensor& input, const Tensor& target) const;
  /// How forward reduces the losses of the positions.
  Reduction reduction() const noexcept { return reduction_; }
  /// The other options that are no tensors, such as "ignore_index = -100, label_smoothing = 0.1"; "" if there are none.
  /// Ranks that train together compare it, so a loss of one's own that has options should define it.
  virtual std::string options_text() const;

 protected:
  explicit Loss(Reduction reduction = Reduction::mean);

 private:
  Reduction reduction_;
};

namespace detail {
/// The base of those that compare elements: a mean divides by their number, batchmean by the first extent.
class XTAPE_API ElementLoss : public Loss {
 public:
  ~ElementLoss() override;
  double denominator(const Tensor& input, const Tensor& target) const override;

 protected:
  using Loss::Loss;
};
}  // namespace detail

/// See xtape::nll_loss.
class XTAPE_API NLLLoss : public Loss {
 public:
  explicit NLLLoss(const NLLOptions& options = {});
  ~NLLLoss() override;
  Tensor forward(const Tensor& log_probabilities, const Tensor& target) const override;
  LossParts parts(const Tensor& log_probabilities, const Tensor& target) const override;
  double denominator(const Tensor& log_probabilities, const Tensor& target) const override;
  std::string options_text() const override;
  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  Buffer weight;  ///< undefined: 1 for every class

 private:
  NLLOptions options() const;
  NLLOptions options_;
};

/// See xtape::cross_entropy.
class XTAPE_API CrossEntropyLoss : public Loss {
 public:
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  ~CrossEntropyLoss() override;
  Tensor forward(const Tensor& logits, const Tensor& target) const override;
  LossParts parts(const Tensor& logits, const Tensor& target) const override;
  double denominator(const Tensor& logits, const Tensor& target) const override;
  std::string options_text() const override;
  std::int64_t ignore_index() const noexcept { return options_.ignore_index; }

  Buffer weight;  ///< undefined: 1 for every class

 private:
  CrossEntropyOptions options() const;
  CrossEntropyOptions options_;
};

/// See xtape::mse_loss.
class XTAPE_API MSELoss : public detail::ElementLoss {
 public:
  explicit MSELoss(const MSEOptions& options = {});
  ~MSELoss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;

 private:
  MSEOptions options_;
};

/// See xtape::l1_loss.
class XTAPE_API L1Loss : public detail::ElementLoss {
 public:
  explicit L1Loss(const L1Options& options = {});
  ~L1Loss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;

 private:
  L1Options options_;
};

/// See xtape::smooth_l1_loss.
class XTAPE_API SmoothL1Loss : public detail::ElementLoss {
 public:
  explicit SmoothL1Loss(const SmoothL1Options& options = {});
  ~SmoothL1Loss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;
  std::string options_text() const override;

 private:
  SmoothL1Options options_;
};

/// See xtape::huber_loss.
class XTAPE_API HuberLoss : public detail::ElementLoss {
 public:
  explicit HuberLoss(const HuberOptions& options = {});
  ~HuberLoss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;
  std::string options_text() const override;

 private:
  HuberOptions options_;
};

/// See xtape::binary_cross_entropy.
class XTAPE_API BCELoss : public detail::ElementLoss {
 public:
  explicit BCELoss(const BCEOptions& options = {});
  ~BCELoss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;

  Buffer weight;  ///< undefined: 1

 private:
  BCEOptions options() const;
  BCEOptions options_;
};

/// See xtape::binary_cross_entropy_with_logits.
class XTAPE_API BCEWithLogitsLoss : public detail::ElementLoss {
 public:
  explicit BCEWithLogitsLoss(const BCEWithLogitsOptions& options = {});
  ~BCEWithLogitsLoss() override;
  Tensor forward(const Tensor& logits, const Tensor& target) const override;
  LossParts parts(const Tensor& logits, const Tensor& target) const override;

  Buffer weight, pos_weight;  ///< undefined: 1

 private:
  BCEWithLogitsOptions options() const;
  BCEWithLogitsOptions options_;
};

/// See xtape::kl_div.
class XTAPE_API KLDivLoss : public detail::ElementLoss {
 public:
  explicit KLDivLoss(const KLDivOptions& options = {});
  ~KLDivLoss() override;
  Tensor forward(const Tensor& input, const Tensor& target) const override;
  LossParts parts(const Tensor& input, const Tensor& target) const override;
  std::string options_text() const override;

 private:
  KLDivOptions options_;
};

}  // namespace xtape::nn
