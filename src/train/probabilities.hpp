// The probabilities that a model gives to classes, which the criterion that it is trained with lets one read from its
// outputs. Calibration and the worst mistakes rest on this one rule.
#pragma once

#include <optional>
#include <vector>

#include "train/correct.hpp"

namespace xtape::train::detail {

/// Of each answer: the probabilities of the class that is named and of that of the target. Both are in [0, 1], or NaN
/// where outputs are NaN or infinite so that nothing is known; of an answer that is left out they are 0.
struct AnswerProbabilities {
  std::vector<double> predicted, target;
};

/// By the criterion's kind: softmax for CrossEntropyLoss, exp for NLLLoss, sigmoid for BCEWithLogitsLoss, the outputs
/// themselves for BCELoss. None for any other, and where exp is above 1, so that the outputs are no log-probabilities.
/// `answers` are those of the same outputs. Records nothing.
std::optional<AnswerProbabilities> answer_probabilities(const nn::Loss* loss, const ClassAnswers& answers,
                                                        const Tensor& output);

/// A warning if the outputs are probabilities where CrossEntropyLoss takes logits, or no logarithms of probabilities
/// where NLLLoss takes these; else "".
const char* misread_outputs(const nn::Loss* loss, const Tensor& output);

}  // namespace xtape::train::detail
