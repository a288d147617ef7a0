// Measuring a model on data that it does not learn from.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "xtape/tensor.hpp"
#include "xtape/train/data_source.hpp"
#include "xtape/train/objective.hpp"

namespace xtape::train {

/// A 95 % confidence interval.
struct Interval {
  double low = 0, high = 0;
};

/// Wilson's score interval of a share that was seen in `samples` samples, as an accuracy is (E. B. Wilson, "Probable
/// inference, the law of succession, and statistical inference", JASA 22, 1927). It holds near 0 and 1, too, and for
/// few samples; its ends are in [0, 1]. Without samples it is [0, 1]; for a NaN both ends are NaN.
XTAPE_API Interval wilson_interval(double share, std::int64_t samples);

/// How well one class is recognized, or the mean over classes.
struct ClassScores {
  /// Of the samples that are called this class, the share that is of it; 0 where none is called so.
  double precision = 0;
  /// Of the samples of this class, the share that is called so; 0 where there are none.
  double recall = 0;
  /// 2 precision recall / (precision + recall), 0 where both are 0.
  double f1 = 0;
  /// The number of samples of this class.
  std::int64_t support = 0;
};

/// The answers whose confidence, which is the probability of the class that the model names, lies in (low, high], the
/// first bin's in [low, high]. Confidences and bounds are compared as floats.
struct CalibrationBin {
  double low = 0, high = 0;
  std::int64_t samples = 0;
  double confidence = 0;  ///< their mean; NaN if there are no samples
  double accuracy = 0;    ///< the share that is right; NaN if there are no samples
};

/// A wrong answer. Of a binary loss each element of an output is an answer, so that a sample may have several.
struct Mistake {
  std::int64_t sample = 0;  ///< from 0, in the order in which they were measured
  /// From 0, in the dataset that evaluate() was given or, if that is a Subset, in the whole of it; -1 if it is not
  /// known, since a loader shuffles or has a sampler.
  std::int64_t index = -1;
  std::int64_t target = 0, predicted = 0;
  double target_probability = 0, predicted_probability = 0;
  Tensor input = {};  ///< a copy, without the dim of samples; undefined for an input of more than 65,536 elements
};

/// One number that a regression has predicted, and the true one.
struct Prediction {
  double target = 0, predicted = 0;
};

/// The result of evaluate(). Accuracy and what comes of it need classes: integer targets (N) of an output (N, C),
/// probabilities (N, C) as targets of CrossEntropyLoss, or targets of the binary losses, which are of class 1 above
/// 0.5. For anything else accuracy is NaN and the functions throw ValueError.
class XTAPE_API Evaluation {
 public:
  double loss = 0;      ///< the mean over all samples, by the loss's own denominators
  double accuracy = 0;  ///< the share of samples whose largest output is at their class; ignored targets do not count
  std::int64_t samples = 0;  ///< all of them, those with ignored targets, too

  /// wilson_interval() of accuracy and the samples that count.
  Interval accuracy_interval() const;
  /// The share of samples whose class is among the k largest outputs; of equal outputs the first is the larger.
  /// ValueError unless 1 <= k <= C.
  double top_k(std::int64_t k) const;
  /// int64 (C, C): how many samples of class [row] were taken for class [column].
  Tensor confusion() const;
  /// One entry for each class.
  std::vector<ClassScores> class_scores() const;
  /// Whether outputs give probabilities of classes: by softmax under CrossEntropyLoss, by exp under NLLLoss (not if it
  /// gives more than 1), by sigmoid under BCEWithLogitsLoss, as they are under BCELoss. What those of another criterion
  /// mean is not known. Without them the next three functions throw ValueError.
  bool has_probabilities() const noexcept { return has_probabilities_; }
  /// Bins of equal width from 0 to 1, empty ones too: a reliability diagram (Guo et al., "On calibration of modern
  /// neural networks", 2017). Ignored targets do not count; an answer of outputs that are NaN is in no bin. ValueError
  /// unless bins is in [1, 1000].
  std::vector<CalibrationBin> calibration(std::int64_t bins = 15) const;
  /// The expected calibration error: the mean distance of accuracy and confidence over the bins, weighted by their
  /// samples. NaN if no sample counts, and if outputs are NaN.
  double calibration_error(std::int64_t bins = 15) const;
  /// The mistakes with the lowest probabilities of the true class, lowest first, of equals the first; those of outputs
  /// that are NaN come before all others. At most EvaluateOptions::max_mistakes.
  std::vector<Mistake> worst_mistakes() const;
  /// Of a regression, outputs beside their targets, element by element: all of them or, of more than 500, every second,
  /// fourth, ... one, in their order. Empty for anything else.
  const std::vector<Prediction>& predictions() const& noexcept { return predictions_; }
  std::vector<Prediction> predictions() &&;
  /// Their mean over the classes that occur among the targets or the answers, and their mean weighted by support. The
  /// support of both is that of all classes.
  ClassScores macro_average() const;
  ClassScores weighted_average() const;
  /// All of these and the accuracy as a table, a line for each class, laid out as scikit-learn's classification_report.
  /// It ends with a newline.
  std::string report() const;
  /// The number of classes; 0 if there are none.
  std::int64_t classes() const noexcept { return classes_; }
  /// Their names, as they were given to evaluate(), else "0", "1", ...; none if there are no classes.
  std::vector<std::string> class_names() const;
  /// "loss 0.3021, accuracy 0.8943 (0.8881 to 0.9002), 10000 samples", without a newline.
  std::string to_string() const;
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const Evaluation& evaluation);

 private:
  friend class Evaluator;
  struct Answer {
    std::int32_t target = 0, predicted = 0;
    float confidence = 0;  // with probabilities
  };
  void check_classes(const char* function) const;
  void check_probabilities(const char* function) const;
  std::vector<CalibrationBin> bins_of(const char* function, std::int64_t bins) const;

  std::int64_t classes_ = 0;
  // Of the samples that count. (Not a confusion matrix: that of 50,000 classes would fill the memory.)
  std::vector<Answer> answers_;
  std::vector<std::int64_t> ranks_;  // [r]: samples whose class is the r-th largest output, from 0
  std::vector<Mistake> worst_;
  std::vector<Prediction> predictions_;
  bool has_probabilities_ = false;
  std::vector<std::string> names_;  // of the classes; empty: their numbers
};

struct EvaluateOptions {
  std::int64_t batch_size = 256;          ///< of a Dataset
  std::vector<std::string> classes = {};  ///< their names; none: "0", "1", ...
  std::int64_t max_mistakes = 24;         ///< how many of the worst mistakes are kept, with their inputs; at least 0
};

namespace detail {
XTAPE_API Evaluation evaluate(const Objective& objective, const DataSource& source, const EvaluateOptions& options);
}  // namespace detail

/// One pass over `source` in evaluation mode without recording; the model's mode is afterwards what it was before, also
/// when this throws. Nothing is drawn from the default generator by modules in evaluation mode. ValueError for a source
/// without samples, and for a loader that stands within an epoch.
template <std::derived_from<nn::Module> M, Criterion C>
Evaluation evaluate(const M& model, C criterion, const DataSource& source, const EvaluateOptions& options = {}) {
  return detail::evaluate(detail::Objective(model, std::move(criterion)), source, options);
}

}  // namespace xtape::train
