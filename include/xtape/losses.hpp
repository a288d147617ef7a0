// The losses, as ops: each is recorded if an input requires grad; src/ops/<loss>.cpp holds its formula, value and
// gradient. They throw what ops.hpp says. The modules are in nn/loss.hpp.
#pragma once

#include <cstdint>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape {

/// How the losses of the positions are combined: none keeps them, sum adds them up, mean divides the sum as each loss
/// documents. batchmean divides it by the first extent, and is a ValueError except for kl_div.
enum class Reduction : std::uint8_t { none, mean, sum, batchmean };
constexpr std::int64_t default_ignore_index = -100;

/// The loss summed, on the tape, and what Reduction::mean divides it by. However a batch is split, the total of the
/// sums divided by the total of the denominators is the mean over the whole batch, and so it is with gradients: for
/// epoch means over uneven or masked batches, and for gradients accumulated over parts of a batch. Where the
/// denominator is 0, because every target is ignored or has weight 0, the mean is NaN, whatever the sum is.
struct LossParts {
  Tensor sum;
  double denominator = 0;
};

struct NLLOptions {
  Tensor weight = {};  ///< (C), one constant factor for each class; undefined: 1
  std::int64_t ignore_index = default_ignore_index;
  Reduction reduction = Reduction::mean;
};

struct CrossEntropyOptions {
  Tensor weight = {};  ///< (C), one constant factor for each class; undefined: 1
  std::int64_t ignore_index = default_ignore_index;
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0.0;  ///< e in [0, 1]: the target becomes (1 - e) target + e / C
};

struct MSEOptions {
  Reduction reduction = Reduction::mean;
};

struct L1Options {
  Reduction reduction = Reduction::mean;
};

struct SmoothL1Options {
  Reduction reduction = Reduction::mean;
  double beta = 1.0;  ///< the difference from which on the loss is linear; at least 0
};

struct HuberOptions {
  Reduction reduction = Reduction::mean;
  double delta = 1.0;  ///< the difference from which on the loss is linear; greater than 0
};

struct BCEOptions {
  Tensor weight = {};  ///< a factor for each loss; broadcast; undefined: 1
  Reduction reduction = Reduction::mean;
};

struct BCEWithLogitsOptions {
  Tensor weight = {};  ///< a factor for each loss; broadcast; undefined: 1
  Reduction reduction = Reduction::mean;
  Tensor pos_weight = {};  ///< a factor for positive targets; broadcast; undefined: 1
};

struct KLDivOptions {
  Reduction reduction = Reduction::mean;
  bool log_target = false;  ///< the target holds log-probabilities
};

/// Negative log likelihood of integer class indices. log_probabilities (C), (N, C) or (N, C, d...), target the same
/// without the class axis, any integer dtype. Positions with ignore_index are left out; the mean divides by the sum of
/// the targets' weights. IndexError names the first target outside [0, C).
XTAPE_API Tensor nll_loss(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options = {});
/// nll_loss of log_softmax, in one op. The target holds class indices as for nll_loss or, with a floating dtype and
/// the logits' shape, class probabilities; then the mean divides by the number of positions.
XTAPE_API Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options = {});

// The losses below take an input and a target of the same shape (ShapeError: nothing is broadcast) and dtypes of which
// the higher is floating; the mean divides by the number of elements. Gradients flow to the target, too.

/// (input - target)^2.
XTAPE_API Tensor mse_loss(const Tensor& input, const Tensor& target, const MSEOptions& options = {});
/// |input - target|; gradient 0 where they are equal.
XTAPE_API Tensor l1_loss(const Tensor& input, const Tensor& target, const L1Options& options = {});
/// d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, for d = input - target. Beta 0 gives l1_loss. ValueError for a
/// beta that is negative or NaN.
XTAPE_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1Options& options = {});
/// d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), for d = input - target: delta times smooth_l1_loss with
/// beta = delta. ValueError unless delta > 0.
XTAPE_API Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options = {});
/// -(t log x + (1 - t) log(1 - x)) weight for probabilities x, with logarithms of at least -100, as in PyTorch: the
/// loss and its gradients are finite at 0 and 1. binary_cross_entropy_with_logits is exact there. weight broadcasts to
/// the input's shape. ValueError names the first element of the input or target outside [0, 1].
XTAPE_API Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BCEOptions& options = {});
/// -(pos_weight t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))) weight; exact for logits x of any size. A term whose
/// coefficient is 0 is 0, whatever x is. weight and pos_weight broadcast to the logits' shape.
XTAPE_API Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                                  const BCEWithLogitsOptions& options = {});
/// t (log t - input): `input` holds log-probabilities, the target probabilities. Where t is 0 the loss and its
/// gradients are 0, whatever the input is. Reduction::batchmean gives the mathematical definition.
XTAPE_API Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivOptions& options = {});

// The parts of each loss. options.reduction is ignored, except that Reduction::batchmean is a ValueError as for the
// loss itself, or with kl_div makes the denominator the first extent.
XTAPE_API LossParts nll_loss_parts(const Tensor& log_probabilities, const Tensor& target,
                                   const NLLOptions& options = {});
XTAPE_API LossParts cross_entropy_parts(const Tensor& logits, const Tensor& target,
                                        const CrossEntropyOptions& options = {});
XTAPE_API LossParts mse_loss_parts(const Tensor& input, const Tensor& target, const MSEOptions& options = {});
XTAPE_API LossParts l1_loss_parts(const Tensor& input, const Tensor& target, const L1Options& options = {});
XTAPE_API LossParts smooth_l1_loss_parts(const Tensor& input, const Tensor& target,
                                         const SmoothL1Options& options = {});
XTAPE_API LossParts huber_loss_parts(const Tensor& input, const Tensor& target, const HuberOptions& options = {});
XTAPE_API LossParts binary_cross_entropy_parts(const Tensor& input, const Tensor& target,
                                               const BCEOptions& options = {});
XTAPE_API LossParts binary_cross_entropy_with_logits_parts(const Tensor& logits, const Tensor& target,
                                                           const BCEWithLogitsOptions& options = {});
XTAPE_API LossParts kl_div_parts(const Tensor& input, const Tensor& target, const KLDivOptions& options = {});

}  // namespace xtape
