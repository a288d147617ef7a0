// Measuring batch by batch: evaluate() and the trainer's validation give each output and its target to an Evaluator.
// Invariant: what it holds are sums, answers in their order and the worst of them, so that nothing depends on how the
// samples are cut into batches.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "train/correct.hpp"
#include "xtape/train/evaluation.hpp"

namespace xtape::distributed {
class Communicator;
}

namespace xtape::train {

/// A mean over samples, by the denominators of the loss's parts.
class LossMean {
 public:
  /// The criterion's loss of a batch: its parts, or for a criterion that has none its value, weighted by the samples.
  /// ShapeError if it is not one number.
  void add(const detail::Objective& objective, const Tensor& output, const Tensor& target);
  void add(double sum, double denominator) noexcept {
    sum_ += sum;
    denominator_ += denominator;
  }
  /// NaN if nothing counts.
  double mean() const noexcept { return sum_ / denominator_; }
  double sum() const noexcept { return sum_; }
  double denominator() const noexcept { return denominator_; }

 private:
  double sum_ = 0, denominator_ = 0;
};

/// The coefficient of determination of a regression: 1 minus the ratio of the squared errors to those of a model that
/// always gives the mean of the targets, each output on its own. 1 is perfect, 0 no better than that constant.
class Determination {
 public:
  /// Floating tensors of the same shape; after any others r2() is NaN.
  void add(const Tensor& output, const Tensor& target);
  /// NaN of no samples and of targets that are all the same.
  double r2() const;

 private:
  bool is_defined_ = true;
  std::int64_t samples_ = 0;
  Tensor first_, sums_;  // the first target; the sums of the others' differences to it, which keep their digits
  double squares_ = 0;   // of these differences
  double errors_ = 0;    // squared
};

/// Outputs of a regression beside their targets: those of every `stride`-th element, where the stride doubles whenever
/// there are too many. It does not depend on how the samples are cut into batches.
class PredictionSample {
 public:
  /// Floating tensors of the same shape; any others are left out.
  void add(const Tensor& output, const Tensor& target);
  const std::vector<Prediction>& all() const noexcept { return kept_; }

 private:
  std::vector<Prediction> kept_;
  std::int64_t stride_ = 1, elements_ = 0;
};

/// ValueError unless the loader's next loop is a whole epoch.
void check_stands_at_start(const char* function, const data::DataLoader& loader);

class Evaluator {
 public:
  /// How much is measured of the classes: how many answers are right, or all that an Evaluation tells.
  enum class Measure : std::uint8_t { accuracy, all };
  /// With Measure::all it keeps so many of the worst mistakes. The objective must outlive it.
  explicit Evaluator(const detail::Objective& objective, Measure measure = Measure::all, std::int64_t worst = 0);

  /// A batch. Mistakes have copies of the rows of `input`, if there is one. ShapeError if the number of classes is not
  /// that of earlier batches.
  void add(const Tensor& output, const Tensor& target, const Tensor& input = {});
  /// Adds one pass over the loader, in evaluation mode and without recording. The model's modes are afterwards what
  /// they were before, also when this throws.
  void add_all(const data::DataLoader& loader);
  /// The same numbers, but the ranks share the work: all of them call it, with the same loader, on an Evaluator that is
  /// new, with Measure::accuracy.
  void add_all(const data::DataLoader& loader, const distributed::Communicator& comm);

  std::int64_t samples() const noexcept { return samples_; }
  double loss() const noexcept { return loss_.mean(); }
  /// The right answers among those that count; of none if there are no classes.
  detail::Score score() const noexcept { return score_; }
  /// 0 if there are none.
  std::int64_t classes() const noexcept { return classes_; }
  /// The share of the most frequent class among the targets that count, which is the accuracy of a model that always
  /// names this class. NaN if nothing counts.
  double majority_share() const noexcept;
  /// That of a regression, else NaN.
  double r2() const { return determination_.r2(); }
  /// Needs Measure::all. ValueError unless there is a name for each class, or no name.
  Evaluation result(std::vector<std::string> names = {}) const;
  /// Says where the mistakes stand in the dataset that was measured in its order.
  void number_mistakes(const data::Dataset& dataset);

 private:
  /// By the probability of the true class, the lowest first; NaN is the lowest.
  struct WorseFirst {
    bool operator()(const Mistake& a, const Mistake& b) const noexcept;
  };
  struct Inputs {
    const Tensor& tensor;
    std::int64_t samples;
  };
  void add_counts(const distributed::Communicator& comm);
  void add_classes(const detail::ClassAnswers& answers);
  void add_answers(const detail::ClassAnswers& answers, const Tensor& output, const Inputs& inputs);
  void keep_if_worst(Mistake mistake, const Inputs& inputs);
  void forget_classes();
  void forget_probabilities();

  const detail::Objective& objective_;
  const Measure measure_;
  const bool is_regression_;
  LossMean loss_;
  Determination determination_;
  PredictionSample predictions_;
  std::int64_t samples_ = 0, classes_ = 0;
  bool may_have_classes_ = true;  // until a batch has none
  detail::Score score_;
  std::vector<std::int64_t> support_;        // of each class
  std::vector<std::int64_t> ranks_;          // as in Evaluation
  std::vector<Evaluation::Answer> answers_;  // as in Evaluation
  const std::size_t most_mistakes_;
  std::multiset<Mistake, WorseFirst> worst_;  // equals in the order in which they came
  bool has_probabilities_ = true;             // until a batch has none
};

}  // namespace xtape::train
