// Which outputs are right: the class that a model names for each sample of a batch, beside the class of the target.
// Training accuracy, evaluation and verdicts all rest on this one rule.
#pragma once

#include <cstdint>
#include <vector>

#include "xtape/nn/loss.hpp"
#include "xtape/tensor.hpp"

namespace xtape::train::detail {

/// Right answers among those that count.
struct Score {
  std::int64_t correct = 0, counted = 0;
  Score& operator+=(const Score& other) noexcept {
    correct += other.correct;
    counted += other.counted;
    return *this;
  }
  /// NaN if nothing counts.
  double accuracy() const noexcept;
};

struct ClassAnswers {
  static constexpr std::int64_t left_out = -1;

  std::int64_t classes = 0;             ///< 0: these outputs and targets name no classes, and what follows is empty
  std::vector<std::int64_t> predicted;  ///< in [0, classes)
  std::vector<std::int64_t> target;     ///< in [0, classes), or left_out

  bool defined() const noexcept { return classes != 0; }
  Score score() const noexcept;
};

/// How the criterion's kind decides it; `loss` is null for a criterion that is no nn::Loss.
/// - Integer targets (N) of outputs (N, C): the largest output, the first of equals. The loss's ignore_index is left
///   out. Under a criterion other than NLLLoss and CrossEntropyLoss so is -100, and other targets outside [0, C) mean
///   that there are no classes.
/// - CrossEntropyLoss with probabilities (N, C): the largest of each.
/// - BCEWithLogitsLoss and BCELoss: two classes, element by element; an output is of class 1 if it is above 0, or above
///   0.5 for BCELoss, a target if it is above 0.5.
/// - Anything else names no classes.
/// Records nothing and draws nothing.
ClassAnswers class_answers(const nn::Loss* loss, const Tensor& output, const Tensor& target);

/// The place of each sample's target among its outputs, in the order in which class_answers prefers them, from 0: the
/// answer is right where it is 0. left_out where the target is. `answers` are those of the same outputs.
std::vector<std::int64_t> target_ranks(const ClassAnswers& answers, const Tensor& output);

}  // namespace xtape::train::detail
