// What an Evaluation tells of its answers. Everything about a class comes from three counts: the samples that are of
// it, those that are called so, and those that are both. Calibration needs the confidence of each answer.
#include "xtape/train/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <ostream>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/text.hpp"
#include "train/intervals.hpp"
#include "xtape/creation.hpp"

namespace xtape::train {

namespace {

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }
double ratio(std::int64_t part, std::int64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

struct ClassCounts {
  std::int64_t support = 0, called = 0, right = 0;
  ClassScores scores() const {
    // The last is 2 precision recall / (precision + recall).
    return {ratio(right, called), ratio(right, support), ratio(2 * right, support + called), support};
  }
  bool occurs() const { return support != 0 || called != 0; }
};

std::vector<ClassCounts> counts_of(const auto& answers, std::int64_t classes) {
  std::vector<ClassCounts> counts(static_cast<std::size_t>(classes));
  for (const auto [target, predicted, confidence] : answers) {
    ++counts[static_cast<std::size_t>(target)].support;
    ++counts[static_cast<std::size_t>(predicted)].called;
    counts[static_cast<std::size_t>(target)].right += target == predicted;
  }
  return counts;
}

/// `weight` gives each class's share of the mean.
ClassScores mean_scores(const std::vector<ClassCounts>& counts, auto weight) {
  ClassScores mean;
  double total = 0;
  for (const ClassCounts& n : counts) {
    const ClassScores s = n.scores();
    const auto w = static_cast<double>(weight(n));
    mean.precision += w * s.precision;
    mean.recall += w * s.recall;
    mean.f1 += w * s.f1;
    mean.support += s.support;
    total += w;
  }
  for (double* score : {&mean.precision, &mean.recall, &mean.f1}) *score = ratio(*score, total);
  return mean;
}

}  // namespace

void Evaluation::check_classes(const char* function) const {
  if (classes_ == 0) {
    fail<ValueError>("Evaluation",
                     "{} needs classes, and these outputs and targets name none; a regression has a loss only",
                     function);
  }
}

std::vector<Prediction> Evaluation::predictions() && { return std::move(predictions_); }

Interval Evaluation::accuracy_interval() const {
  check_classes("accuracy_interval");
  return wilson_interval(accuracy, static_cast<std::int64_t>(answers_.size()));
}

double Evaluation::top_k(std::int64_t k) const {
  check_classes("top_k");
  if (k < 1 || k > classes_) {
    fail<ValueError>("Evaluation", "top_k: k = {} is outside [1, {}], the number of classes", k, classes_);
  }
  const std::int64_t right = std::accumulate(ranks_.begin(), ranks_.begin() + k, std::int64_t{0});
  return static_cast<double>(right) / static_cast<double>(answers_.size());  // of none it is NaN, as accuracy is
}

Tensor Evaluation::confusion() const {
  check_classes("confusion");
  const Tensor counts = zeros({classes_, classes_}, {.dtype = DType::int64});
  std::int64_t* n = xtape::detail::elements<std::int64_t>(counts);
  for (const Answer& a : answers_) ++n[a.target * classes_ + a.predicted];
  return counts;
}

// ---- calibration and mistakes --------------------------------------------------------------------------------------

void Evaluation::check_probabilities(const char* function) const {
  if (has_probabilities_) return;
  fail<ValueError>("Evaluation",
                   "{} needs probabilities of classes, which outputs give under CrossEntropyLoss, NLLLoss (of "
                   "log-probabilities), BCEWithLogitsLoss and BCELoss",
                   function);
}

std::vector<CalibrationBin> Evaluation::bins_of(const char* function, std::int64_t bins) const {
  check_probabilities(function);
  constexpr std::int64_t most = 1000;
  if (bins < 1 || bins > most) fail<ValueError>("Evaluation", "{}: bins = {} is outside [1, {}]", function, bins, most);

  std::vector<CalibrationBin> result(static_cast<std::size_t>(bins));
  const auto bound = [bins](std::size_t i) { return static_cast<double>(i) / static_cast<double>(bins); };
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = {.low = bound(i), .high = bound(i + 1)};
  for (const Answer& a : answers_) {
    if (std::isnan(a.confidence)) continue;
    // As floats, so that a confidence of 0.2 is not above the bound of 0.2.
    CalibrationBin& bin = *std::lower_bound(
        result.begin(), result.end(), a.confidence,
        [](const CalibrationBin& b, float confidence) { return static_cast<float>(b.high) < confidence; });
    ++bin.samples;
    bin.confidence += static_cast<double>(a.confidence);
    bin.accuracy += a.target == a.predicted;
  }
  for (CalibrationBin& bin : result) {  // of no samples 0 / 0, which is NaN
    bin.confidence /= static_cast<double>(bin.samples);
    bin.accuracy /= static_cast<double>(bin.samples);
  }
  return result;
}

std::vector<CalibrationBin> Evaluation::calibration(std::int64_t bins) const { return bins_of("calibration", bins); }

double Evaluation::calibration_error(std::int64_t bins) const {
  double error = 0;
  std::int64_t samples_in_bins = 0;
  for (const CalibrationBin& bin : bins_of("calibration_error", bins)) {
    if (bin.samples == 0) continue;
    error += static_cast<double>(bin.samples) * std::abs(bin.accuracy - bin.confidence);
    samples_in_bins += bin.samples;
  }
  if (samples_in_bins < static_cast<std::int64_t>(answers_.size())) return std::numeric_limits<double>::quiet_NaN();
  return error / static_cast<double>(samples_in_bins);
}

std::vector<Mistake> Evaluation::worst_mistakes() const {
  check_probabilities("worst_mistakes");
  return worst_;
}

// ---- classes -------------------------------------------------------------------------------------------------------

std::vector<std::string> Evaluation::class_names() const {
  if (!names_.empty()) return names_;
  std::vector<std::string> numbers;
  for (std::int64_t c = 0; c < classes_; ++c) numbers.push_back(std::to_string(c));
  return numbers;
}

std::vector<ClassScores> Evaluation::class_scores() const {
  check_classes("class_scores");
  const std::vector<ClassCounts> counts = counts_of(answers_, classes_);
  std::vector<ClassScores> scores;
  std::transform(counts.begin(), counts.end(), std::back_inserter(scores), [](const auto& n) { return n.scores(); });
  return scores;
}

ClassScores Evaluation::macro_average() const {
  check_classes("macro_average");
  return mean_scores(counts_of(answers_, classes_), [](const ClassCounts& n) { return n.occurs(); });
}

ClassScores Evaluation::weighted_average() const {
  check_classes("weighted_average");
  return mean_scores(counts_of(answers_, classes_), [](const ClassCounts& n) { return n.support; });
}

std::string Evaluation::report() const {
  check_classes("report");
  constexpr char macro[] = "macro avg", weighted[] = "weighted avg";
  const std::vector<ClassScores> scores = class_scores();
  const std::vector<std::string> names = class_names();
  std::size_t longest = sizeof weighted - 1;
  for (const std::string& name : names) longest = std::max(longest, io::characters(name));

  const auto padded = [longest](const std::string& s) { return std::string(longest - io::characters(s), ' ') + s; };
  const auto line = [padded](const std::string& label, const ClassScores& s) {
    return fmt::format("{}  {:9.4f} {:9.4f} {:9.4f} {:9}\n", padded(label), s.precision, s.recall, s.f1, s.support);
  };
  std::string text =
      fmt::format("{}  {:>9} {:>9} {:>9} {:>9}\n\n", padded(""), "precision", "recall", "f1-score", "support");
  for (std::size_t c = 0; c < scores.size(); ++c) text += line(names[c], scores[c]);
  text += fmt::format("\n{}  {:9} {:9} {:9.4f} {:9}\n", padded("accuracy"), "", "", accuracy, answers_.size());
  return text + line(macro, macro_average()) + line(weighted, weighted_average());
}

std::string Evaluation::to_string() const {
  std::string text = fmt::format("loss {:.4g}", loss);
  if (classes_ != 0) {
    const Interval interval = accuracy_interval();
    text += fmt::format(", accuracy {:.4f} ({:.4f} to {:.4f})", accuracy, interval.low, interval.high);
  }
  return text + fmt::format(", {} sample{}", samples, samples == 1 ? "" : "s");
}

std::ostream& operator<<(std::ostream& out, const Evaluation& evaluation) { return out << evaluation.to_string(); }

}  // namespace xtape::train
