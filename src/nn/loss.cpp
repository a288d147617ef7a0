#include "xtape/nn/loss.hpp"

#include <fmt/format.h>

#include "ops/class_targets.hpp"
#include "ops/loss.hpp"
#include "xtape/autograd.hpp"

namespace xtape::nn {

namespace {
/// The loss's own copy of a weight, so that `to` does not convert the caller's.
Tensor copy(const Tensor& weight) { return weight.defined() ? weight.detach().clone() : weight; }
}  // namespace

Loss::Loss(Reduction reduction) : reduction_(reduction) {}
Loss::~Loss() = default;

double Loss::denominator(const Tensor& input, const Tensor& target) const {
  NoGradGuard no_grad;
  return parts(input, target).denominator;
}

std::string Loss::options_text() const { return ""; }

detail::ElementLoss::~ElementLoss() = default;
double detail::ElementLoss::denominator(const Tensor& input, const Tensor&) const {
  return xtape::detail::mean_denominator(input.shape(), reduction());
}

NLLLoss::NLLLoss(const NLLOptions& options)
    : Loss(options.reduction), weight(register_buffer("weight", copy(options.weight))), options_(options) {}
NLLLoss::~NLLLoss() = default;
std::string NLLLoss::options_text() const { return fmt::format("ignore_index = {}", options_.ignore_index); }

NLLOptions NLLLoss::options() const {
  NLLOptions options = options_;
  options.weight = weight;  // the module's buffer, not the caller's tensor
  return options;
}
Tensor NLLLoss::forward(const Tensor& log_probabilities, const Tensor& target) const {
  return nll_loss(log_probabilities, target, options());
}
LossParts NLLLoss::parts(const Tensor& log_probabilities, const Tensor& target) const {
  return nll_loss_parts(log_probabilities, target, options());
}
double NLLLoss::denominator(const Tensor& log_probabilities, const Tensor& target) const {
  return xtape::detail::nll_targets(log_probabilities, target, options(), Reduction::sum).denominator;
}

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyOptions& options)
    : Loss(options.reduction), weight(register_buffer("weight", copy(options.weight))), options_(options) {}
CrossEntropyLoss::~CrossEntropyLoss() = default;
std::string CrossEntropyLoss::options_text() const {
  return fmt::format("ignore_index = {}, label_smoothing = {}", options_.ignore_index, options_.label_smoothing);
}

CrossEntropyOptions CrossEntropyLoss::options() const {
  CrossEntropyOptions options = options_;
  options.weight = weight;  // the module's buffer, not the caller's tensor
  return options;
}
Tensor CrossEntropyLoss::forward(const Tensor& logits, const Tensor& target) const {
  return cross_entropy(logits, target, options());
}
LossParts CrossEntropyLoss::parts(const Tensor& logits, const Tensor& target) const {
  return cross_entropy_parts(logits, target, options());
}
double CrossEntropyLoss::denominator(const Tensor& logits, const Tensor& target) const {
  CrossEntropyOptions summed = options();
  summed.reduction = Reduction::sum;
  return xtape::detail::ClassTargets("cross_entropy", logits, target, summed).denominator;
}

MSELoss::MSELoss(const MSEOptions& options) : ElementLoss(options.reduction), options_(options) {}
MSELoss::~MSELoss() = default;

Tensor MSELoss::forward(const Tensor& input, const Tensor& target) const { return mse_loss(input, target, options_); }
LossParts MSELoss::parts(const Tensor& input, const Tensor& target) const {
  return mse_loss_parts(input, target, options_);
}

L1Loss::L1Loss(const L1Options& options) : ElementLoss(options.reduction), options_(options) {}
L1Loss::~L1Loss() = default;

Tensor L1Loss::forward(const Tensor& input, const Tensor& target) const { return l1_loss(input, target, options_); }
LossParts L1Loss::parts(const Tensor& input, const Tensor& target) const {
  return l1_loss_parts(input, target, options_);
}

SmoothL1Loss::SmoothL1Loss(const SmoothL1Options& options) : ElementLoss(options.reduction), options_(options) {}
SmoothL1Loss::~SmoothL1Loss() = default;
std::string SmoothL1Loss::options_text() const { return fmt::format("beta = {}", options_.beta); }

Tensor SmoothL1Loss::forward(const Tensor& input, const Tensor& target) const {
  return smooth_l1_loss(input, target, options_);
}
LossParts SmoothL1Loss::parts(const Tensor& input, const Tensor& target) const {
  return smooth_l1_loss_parts(input, target, options_);
}

HuberLoss::HuberLoss(const HuberOptions& options) : ElementLoss(options.reduction), options_(options) {}
HuberLoss::~HuberLoss() = default;
std::string HuberLoss::options_text() const { return fmt::format("delta = {}", options_.delta); }

Tensor HuberLoss::forward(const Tensor& input, const Tensor& target) const {
  return huber_loss(input, target, options_);
}
LossParts HuberLoss::parts(const Tensor& input, const Tensor& target) const {
  return huber_loss_parts(input, target, options_);
}

BCELoss::BCELoss(const BCEOptions& options)
    : ElementLoss(options.reduction), weight(register_buffer("weight", copy(options.weight))), options_(options) {}
BCELoss::~BCELoss() = default;

BCEOptions BCELoss::options() const {
  BCEOptions options = options_;
  options.weight = weight;  // the module's buffer, not the caller's tensor
  return options;
}
Tensor BCELoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy(input, target, options());
}
LossParts BCELoss::parts(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy_parts(input, target, options());
}

BCEWithLogitsLoss::BCEWithLogitsLoss(const BCEWithLogitsOptions& options)
    : ElementLoss(options.reduction),
      weight(register_buffer("weight", copy(options.weight))),
      pos_weight(register_buffer("pos_weight", copy(options.pos_weight))),
      options_(options) {}
BCEWithLogitsLoss::~BCEWithLogitsLoss() = default;

BCEWithLogitsOptions BCEWithLogitsLoss::options() const {
  BCEWithLogitsOptions options = options_;
  options.weight = weight;  // the module's buffer, not the caller's tensor
  options.pos_weight = pos_weight;
  return options;
}
Tensor BCEWithLogitsLoss::forward(const Tensor& logits, const Tensor& target) const {
  return binary_cross_entropy_with_logits(logits, target, options());
}
LossParts BCEWithLogitsLoss::parts(const Tensor& logits, const Tensor& target) const {
  return binary_cross_entropy_with_logits_parts(logits, target, options());
}

KLDivLoss::KLDivLoss(const KLDivOptions& options) : ElementLoss(options.reduction), options_(options) {}
KLDivLoss::~KLDivLoss() = default;
std::string KLDivLoss::options_text() const { return fmt::format("log_target = {}", options_.log_target); }

Tensor KLDivLoss::forward(const Tensor& input, const Tensor& target) const { return kl_div(input, target, options_); }
LossParts KLDivLoss::parts(const Tensor& input, const Tensor& target) const {
  return kl_div_parts(input, target, options_);
}

}  // namespace xtape::nn
