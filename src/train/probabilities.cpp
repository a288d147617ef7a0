#include "train/probabilities.hpp"

#include <cmath>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "xtape/autograd.hpp"
#include "xtape/ops.hpp"

namespace xtape::train::detail {

namespace {

using xtape::detail::elements;

constexpr double rounding = 1e-3;  // of a probability, or of a sum of some

/// `probability(i, c)` is that of class c for answer i.
AnswerProbabilities of_answers(const ClassAnswers& answers, auto probability) {
  const std::size_t n = answers.target.size();
  AnswerProbabilities p{std::vector<double>(n), std::vector<double>(n)};
  for (std::size_t i = 0; i < n; ++i) {
    if (answers.target[i] == ClassAnswers::left_out) continue;
    p.predicted[i] = probability(i, answers.predicted[i]);
    p.target[i] = probability(i, answers.target[i]);
  }
  return p;
}

/// In double: probabilities that a float would take for 0 keep their order.
std::optional<AnswerProbabilities> of_log_probabilities(const ClassAnswers& answers, const Tensor& x) {
  bool are_probabilities = true;
  AnswerProbabilities p = visit_floating(x.dtype(), [&]<class T>() {
    const T* from = elements<T>(x);
    const auto classes = static_cast<std::size_t>(answers.classes);
    return of_answers(answers, [&, from, classes](std::size_t i, std::int64_t c) {
      const double y = std::exp(static_cast<double>(from[i * classes + static_cast<std::size_t>(c)]));
      are_probabilities = are_probabilities && !(y > 1 + rounding);
      return y > 1 ? 1 : y;
    });
  });
  return are_probabilities ? std::optional(std::move(p)) : std::nullopt;
}

/// The probability of class 0 is computed as such: a difference to 1 would have few digits left.
AnswerProbabilities of_logits(const ClassAnswers& answers, const Tensor& x) {
  return visit_floating(x.dtype(), [&]<class T>() {
    return of_answers(answers, [from = elements<T>(x)](std::size_t i, std::int64_t c) {
      const double z = from[i];
      return 1 / (1 + std::exp(c == 1 ? -z : z));
    });
  });
}

AnswerProbabilities of_probabilities(const ClassAnswers& answers, const Tensor& x) {
  return visit_floating(x.dtype(), [&]<class T>() {
    return of_answers(answers, [from = elements<T>(x)](std::size_t i, std::int64_t c) {
      const double p = from[i];
      return c == 1 ? p : 1 - p;
    });
  });
}

}  // namespace

std::optional<AnswerProbabilities> answer_probabilities(const nn::Loss* loss, const ClassAnswers& answers,
                                                        const Tensor& output) {
  const NoGradGuard no_grad;
  if (dynamic_cast<const nn::CrossEntropyLoss*>(loss)) return of_log_probabilities(answers, log_softmax(output, 1));
  if (dynamic_cast<const nn::NLLLoss*>(loss)) return of_log_probabilities(answers, output);
  if (dynamic_cast<const nn::BCEWithLogitsLoss*>(loss)) return of_logits(answers, output);
  if (dynamic_cast<const nn::BCELoss*>(loss)) return of_probabilities(answers, output);
  return std::nullopt;
}

const char* misread_outputs(const nn::Loss* loss, const Tensor& output) {
  const NoGradGuard no_grad;
  if (output.dim() != 2 || output.size(1) < 2 || output.numel() == 0) return "";
  if (dynamic_cast<const nn::CrossEntropyLoss*>(loss) && output.min().item() >= 0 &&
      (output.sum(1) - 1).abs().max().item() <= rounding) {
    return "the model's outputs are probabilities, of which CrossEntropyLoss takes the softmax again: leave Softmax "
           "out of the model";
  }
  if (dynamic_cast<const nn::NLLLoss*>(loss) && output.max().item() > rounding) {
    return "the model's outputs are no logarithms of probabilities, which NLLLoss takes: end the model with "
           "LogSoftmax, or use CrossEntropyLoss";
  }
  return "";
}

}  // namespace xtape::train::detail
