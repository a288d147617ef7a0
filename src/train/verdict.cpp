// What the curves of a History mean, in one line.
//
// Training and validation are compared on a scale of errors on which 0 is perfect and 1 is what a model scores that
// knows nothing of the inputs: one that always names the most frequent class, or always gives the mean of the targets.
// A loss that is neither is measured by the loss of the first batch. On this scale a model that has learned less than
// half underfits, and one whose error is larger by a tenth on new data overfits. While the validation loss still falls,
// the gap may be larger by what as many epochs again would take from the error, but not above a quarter; once it has
// risen for good, any gap is overfitting. Whether a difference is more than chance is decided by its 95 % interval;
// whether a loss falls or rises, by the noise of its curve.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/intervals.hpp"
#include "xtape/train/history.hpp"

namespace xtape::train {

namespace {

constexpr double half_learned = 0.5, large_gap = 0.25, small_gap = 0.1;
constexpr std::size_t fewest_epochs = 3;  // of which a trend can be seen

struct Estimate {
  double value, low, high;
};

using Curve = std::vector<double>;

double mean(const double* first, const double* last) {
  return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}
double mean_of_last(const Curve& c, std::size_t n) { return mean(c.data() + c.size() - n, c.data() + c.size()); }

/// The standard deviation of a curve's values around a smooth line, from its third differences: a parabola has none,
/// and their median is not disturbed by a few bends. 0 where there are too few values to tell.
double noise_of(const Curve& c) {
  Curve d;
  for (std::size_t i = 3; i < c.size(); ++i) {
    const double difference = std::abs(c[i] - 3 * c[i - 1] + 3 * c[i - 2] - c[i - 3]);
    if (!std::isnan(difference)) d.push_back(difference);
  }
  if (d.empty()) return 0;
  if (!std::isfinite(std::accumulate(d.begin(), d.end(), 0.0))) return std::numeric_limits<double>::infinity();
  const auto middle = d.begin() + static_cast<std::ptrdiff_t>(d.size() / 2);
  std::nth_element(d.begin(), middle, d.end());
  return *middle / (0.6745 * std::sqrt(20.0));  // normal values' median size, and what the differences add
}

/// The position of the lowest value; NaN is none.
std::size_t lowest_of(const Curve& c) {
  const auto is_lower = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  return static_cast<std::size_t>(std::min_element(c.begin(), c.end(), is_lower) - c.begin());
}

/// The validation loss's lowest point, if the loss has risen from there for good.
struct Turn {
  std::size_t epoch = 0;  // from 1; 0: it has not turned
  double lowest = 0, last = 0;
};

std::string word_or(const std::string& word, const char* other) { return word.empty() ? other : word; }

class Judge {
 public:
  Judge(const HistoryData& data, const VerdictWords& words);
  std::string verdict() const;

 private:
  enum class Scale : std::uint8_t { accuracy, r2, loss };

  double untrained_loss() const { return std::isnan(d_.first_loss) ? d_.epochs[0].train_loss : d_.first_loss; }
  bool has_diverged() const;
  Turn turn() const;
  Estimate training_error() const;
  Estimate gap() const;
  double error(const Curve& losses, const Curve& accuracies, double r2, std::size_t i) const;
  double training_error_at(std::size_t i) const { return error(training_, training_accuracy_, d_.train_eval_r2, i); }
  double validation_error_at(std::size_t i) const {
    return error(validation_, validation_accuracy_, d_.validation_r2, i);
  }
  double gap_at(std::size_t i) const { return validation_error_at(i) - training_error_at(i); }
  std::size_t first_epoch_of_overfitting(double tolerated) const;
  std::size_t middle() const { return (epochs_ - 1) / 2; }
  double forecast(double in_the_middle, double now) const;
  bool may_still_learn() const;
  bool validation_still_falls() const;
  double gain_of_more_epochs() const;
  double tolerated_gap(bool has_turned, bool learned_little) const;
  bool still_falls(const Curve& c) const;
  std::string numbers() const;

  std::string tame() const {
    return word_or(words_.tame, "lower the learning rate tenfold, or limit the gradients by clip_grad_norm");
  }
  std::string stop_early() const { return word_or(words_.stop_early, "stop early"); }
  std::string regularize() const {
    return word_or(words_.regularize, "use more or augmented data, dropout, weight decay or a smaller model");
  }
  std::string train_longer() const { return word_or(words_.train_longer, "train longer"); }
  std::string diverged() const;
  std::string rise_of(const Turn& turn) const;
  std::string without_scale() const;
  std::string numbers_and_gap(const Estimate& gap) const;
  std::string overfitting(const Turn& turn, const Estimate& gap, double tolerated) const;
  std::string fitting_or_undecided(const Estimate& gap) const;

  const HistoryData& d_;
  const VerdictWords& words_;
  const std::size_t epochs_;
  const std::size_t window_;                                               // epochs at the end that are averaged
  Curve training_, validation_, training_accuracy_, validation_accuracy_;  // losses, and accuracies
  bool has_validation_ = false;
  Scale scale_ = Scale::loss;
  double nothing_ = 1;  // the error, or the loss, of a model that knows nothing
};

Judge::Judge(const HistoryData& data, const VerdictWords& words)
    : d_(data),
      words_(words),
      epochs_(data.epochs.size()),
      window_(std::clamp<std::size_t>(data.epochs.size() / 4, 1, 5)) {
  for (const EpochRecord& r : d_.epochs) {
    training_.push_back(std::isnan(r.train_eval_loss) ? r.train_loss : r.train_eval_loss);
    training_accuracy_.push_back(std::isnan(r.train_eval_accuracy) ? r.train_accuracy : r.train_eval_accuracy);
    validation_.push_back(r.validation_loss);
    validation_accuracy_.push_back(r.validation_accuracy);
  }
  if (epochs_ == 0) return;
  has_validation_ = !std::isnan(mean_of_last(validation_, window_));
  const bool has_accuracies = !std::isnan(mean_of_last(training_accuracy_, window_)) &&
                              (!has_validation_ || !std::isnan(mean_of_last(validation_accuracy_, window_)));
  if (d_.classes > 0 && has_accuracies) {
    scale_ = Scale::accuracy;
    const double chance = 1 / static_cast<double>(d_.classes);
    nothing_ = 1 - (d_.majority_share > chance ? d_.majority_share : chance);
  } else if (!std::isnan(d_.train_eval_r2) && !std::isnan(d_.validation_r2)) {
    scale_ = Scale::r2;
  } else {
    nothing_ = untrained_loss();
  }
}

// ---- errors --------------------------------------------------------------------------------------------------------

/// That of epoch i. R2 is known of the last epoch; the errors of the others follow from the losses, taken as squares.
double Judge::error(const Curve& losses, const Curve& accuracies, double r2, std::size_t i) const {
  switch (scale_) {
    case Scale::accuracy: return (1 - accuracies[i]) / nothing_;
    case Scale::r2: return std::sqrt((1 - r2) * (losses.back() > 0 ? std::max(losses[i] / losses.back(), 0.0) : 1));
    default: return losses[i] / nothing_;
  }
}

/// An error that is the root of a mean of n squares, as of normal values.
Estimate from_samples(double error, std::int64_t n) {
  const double factor = std::exp(1.96 / std::sqrt(2 * static_cast<double>(std::max<std::int64_t>(n, 1))));
  return {error, error / factor, error * factor};
}

Estimate Judge::training_error() const {
  const std::int64_t n = has_validation_ ? d_.train_eval_samples : d_.training_samples;
  if (scale_ != Scale::accuracy) return from_samples(training_error_at(epochs_ - 1), n);
  const double accuracy = mean_of_last(training_accuracy_, window_);
  const Interval i = wilson_interval(accuracy, n);
  return {(1 - accuracy) / nothing_, (1 - i.high) / nothing_, (1 - i.low) / nothing_};
}

Estimate Judge::gap() const {
  if (scale_ == Scale::accuracy) {
    const double a = mean_of_last(training_accuracy_, window_), b = mean_of_last(validation_accuracy_, window_);
    const Interval i = gap_interval(a, d_.train_eval_samples, b, d_.validation_samples);
    return {(a - b) / nothing_, i.low / nothing_, i.high / nothing_};
  }
  // The two intervals combined as gap_interval() combines those of shares.
  const Estimate t = training_error(), v = from_samples(validation_error_at(epochs_ - 1), d_.validation_samples);
  const double gap = v.value - t.value;
  return {gap, gap - std::hypot(v.value - v.low, t.high - t.value),
          gap + std::hypot(v.high - v.value, t.value - t.low)};
}

/// The epoch, from 1, in which validation loss was lowest, or while it still falls that since which the gap is larger
/// than tolerated.
std::size_t Judge::first_epoch_of_overfitting(double tolerated) const {
  if (!still_falls(validation_)) {
    return 1 + lowest_of(validation_);
  }
  std::size_t i = epochs_;
  while (i > 1 && gap_at(i - 2) > tolerated) --i;
  return i;
}

// ---- curves --------------------------------------------------------------------------------------------------------

/// Whether training has made the loss worse: at the end, or on the way without recovering.
bool Judge::has_diverged() const {
  if (d_.cause == StopCause::not_finite) return true;
  if (epochs_ == 0) return false;
  Curve losses;
  for (const EpochRecord& r : d_.epochs) losses.push_back(r.train_loss);
  double untrained = untrained_loss();
  if (untrained <= 0 || losses[0] < 0) return false;  // no scale on which to call a loss high
  // The first batch may have been an easy one: the loss of a constant is another measure.
  if (scale_ == Scale::r2) untrained = std::max(untrained, training_.back() / std::min(1 - d_.train_eval_r2, 1.0));
  if (mean_of_last(losses, window_) > 2 * untrained) return true;
  if (training_error().low <= half_learned) return false;
  // A loss that has settled goes up and down by a few percent where nothing is wrong.
  const double lowest = *std::min_element(training_.begin(), training_.end());
  const double last = *std::min_element(training_.end() - static_cast<std::ptrdiff_t>(window_), training_.end());
  return (epochs_ >= fewest_epochs && last > 1.05 * lowest) ||
         *std::max_element(losses.begin(), losses.end()) > 2 * untrained;
}

Turn Judge::turn() const {
  const std::size_t k = lowest_of(validation_), after = epochs_ - 1 - k;
  if (after < 2) return {};
  const double lowest = validation_[k];
  const std::size_t n = std::min(after, std::max<std::size_t>(window_, 2));
  const double last = mean_of_last(validation_, n), rise = last - lowest;
  const double by_noise = 3 * noise_of(validation_) * std::sqrt(1 + 1 / static_cast<double>(n));
  // Another validation set of this size would have another loss, by about the loss over the root of its size.
  const double by_samples = std::max(0.1, 2 / std::sqrt(static_cast<double>(d_.validation_samples))) * std::abs(lowest);
  if (!(rise > by_noise && rise > by_samples && training_.back() < training_[k])) return {};
  return {k + 1, lowest, last};
}

/// Whether the loss fell in the second half of the epochs, by more than its noise.
bool Judge::still_falls(const Curve& c) const { return c[middle()] - mean_of_last(c, window_) > 3 * noise_of(c); }

/// An error after as many epochs again, if it goes on to fall as a power of their number.
double Judge::forecast(double in_the_middle, double now) const {
  const double epochs = static_cast<double>(epochs_), middle_epoch = static_cast<double>(middle() + 1);
  return now * std::pow(now / in_the_middle, std::log(2.0) / std::log(epochs / middle_epoch));
}

/// Whether a model that has learned little may only need more epochs: at this pace as many again make a difference and
/// are enough, or its curve is short and as steep as at its start.
bool Judge::may_still_learn() const {
  if (!still_falls(training_)) return false;
  const std::size_t m = middle();
  const double now = training_error().value, later = forecast(training_error_at(m), now);
  if (now - later > small_gap && later < half_learned) return true;
  const double fell_before = (training_[0] - training_[m]) / static_cast<double>(m);
  const double fell_after = (training_[m] - training_.back()) / static_cast<double>(epochs_ - 1 - m);
  return epochs_ <= 2 * fewest_epochs && fell_after > 0.75 * fell_before;
}

/// Whether more epochs may still lower the validation loss: it falls, one of the last epochs was the best, and early
/// stopping did not end the run.
bool Judge::validation_still_falls() const {
  return d_.cause != StopCause::patience && still_falls(validation_) && lowest_of(validation_) + window_ + 1 >= epochs_;
}

/// What as many epochs again would take from the error in validation; 0 if it no longer falls.
double Judge::gain_of_more_epochs() const {
  if (!validation_still_falls()) return 0;
  const double now = training_error().value + gap().value, gain = now - forecast(validation_error_at(middle()), now);
  return gain > 0 ? gain : 0;  // NaN, too, is 0
}

/// The largest gap that is no overfitting. A model that has learned little may still close a large one.
double Judge::tolerated_gap(bool has_turned, bool learned_little) const {
  if (has_turned) return 0;
  if (learned_little && d_.cause != StopCause::patience) return large_gap;
  return std::min(small_gap + gain_of_more_epochs(), large_gap);
}

// ---- words ---------------------------------------------------------------------------------------------------------

/// "accuracy 0.973 in training, 0.892 in validation (means of the last 2 epochs)"
std::string Judge::numbers() const {
  const bool is_accuracy = scale_ == Scale::accuracy;
  const double t = mean_of_last(is_accuracy ? training_accuracy_ : training_, window_);
  const double v = mean_of_last(is_accuracy ? validation_accuracy_ : validation_, window_);
  const auto number = [is_accuracy](double x) {
    return is_accuracy ? fmt::format("{:.3f}", x) : fmt::format("{:.3g}", x);
  };
  std::string text = fmt::format("{} {} in training", is_accuracy ? "accuracy" : "loss", number(t));
  if (has_validation_) text += fmt::format(", {} in validation", number(v));
  if (is_accuracy && window_ > 1) text += fmt::format(" (means of the last {} epochs)", window_);
  // A model that always names one class, or little more.
  if (is_accuracy && has_validation_ && 1 - d_.majority_share < 0.9 * (1 - 1 / static_cast<double>(d_.classes)) &&
      wilson_interval(v, d_.validation_samples).low <= d_.majority_share) {
    text += fmt::format(", where always naming the most frequent class gives {:.3f}", d_.majority_share);
  }
  return text;
}

std::string Judge::diverged() const {
  const std::string advice = tame();
  if (d_.cause == StopCause::not_finite && epochs_ == 0) {
    return fmt::format("diverged: the loss was not finite in the first epoch; look for NaN in the data, then {}",
                       advice);
  }
  if (d_.cause == StopCause::not_finite) {
    return fmt::format("diverged: the loss was not finite after {} epoch{}; {}", epochs_, epochs_ == 1 ? "" : "s",
                       advice);
  }
  const auto highest = std::max_element(d_.epochs.begin(), d_.epochs.end(),
                                        [](const auto& a, const auto& b) { return a.train_loss < b.train_loss; });
  return fmt::format("diverged: the training loss rose from {:.3g} to {:.3g} in epoch {} and ended at {:.3g}; {}",
                     untrained_loss(), highest->train_loss, highest->epoch, d_.epochs.back().train_loss, advice);
}

/// What shows it, with a semicolon and a space.
std::string Judge::rise_of(const Turn& turn) const {
  return fmt::format("validation loss rose from {:.3g} to {:.3g} while training loss fell to {:.3g}; ", turn.lowest,
                     turn.last, training_.back());
}

/// "accuracy 0.973 in training, 0.692 in validation, a gap of 0.281 (0.242 to 0.320)"
std::string Judge::numbers_and_gap(const Estimate& gap) const {
  if (scale_ != Scale::accuracy) return numbers();
  return fmt::format("{}, a gap of {:.3f} ({:.3f} to {:.3f})", numbers(), gap.value * nothing_, gap.low * nothing_,
                     gap.high * nothing_);
}

std::string Judge::overfitting(const Turn& turn, const Estimate& gap, double tolerated) const {
  const std::size_t epoch = first_epoch_of_overfitting(tolerated);
  std::string text = fmt::format("overfitting since epoch {}: ", epoch);
  if (turn.epoch != 0) text += rise_of(turn);
  text += numbers_and_gap(gap);
  if (scale_ == Scale::accuracy) text += fmt::format(" that was {:.3f} in that epoch", gap_at(epoch - 1) * nothing_);
  text += "; ";
  if (turn.epoch == 0 && validation_still_falls())
    text += "validation loss still falls, but too slowly to close the gap; ";
  if (turn.epoch != 0 && d_.cause != StopCause::patience) text += stop_early() + ", or ";
  return text + regularize();
}

/// Of a model that has learned enough and does not overfit; undecided while validation loss still falls fast.
std::string Judge::fitting_or_undecided(const Estimate& gap) const {
  if (!validation_still_falls()) {
    return "fitting: " + numbers() + "; validation loss has settled: to improve, use more data or a larger model";
  }
  const bool is_fast = gain_of_more_epochs() > small_gap, has_gap = gap.low > 0 && gap.value > small_gap;
  std::string text = is_fast ? "undecided: " : "fitting: ";
  text += has_gap ? numbers_and_gap(gap) : numbers();
  text += is_fast ? "; validation loss still falls fast: " : "; validation loss still falls: ";
  text += train_longer();
  return has_gap ? text + ", and if the gap remains, " + regularize() : text;
}

/// Where nothing_ is 0 or below, so that there is no telling how much has been learned.
std::string Judge::without_scale() const {
  if (scale_ == Scale::accuracy) {
    return d_.majority_share == 1
               ? "undecided: all validation targets are of one class; validate on samples of every class"
               : "undecided: there is only one class; train on samples of several";
  }
  const Turn t = has_validation_ ? turn() : Turn{};
  if (t.epoch == 0) {
    return "undecided: a loss that begins at 0 or below does not show how much has been learned; compare models";
  }
  return fmt::format("overfitting since epoch {}: {}{}, or {}", t.epoch, rise_of(t), stop_early(), regularize());
}

std::string Judge::verdict() const {
  if (has_diverged()) return diverged();
  if (epochs_ < fewest_epochs) {
    return fmt::format("undecided: {} epoch{} no trend; train for at least {}", epochs_,
                       epochs_ == 1 ? " shows" : "s show", fewest_epochs);
  }
  if (d_.validation_samples > 0 && !has_validation_) {
    return "undecided: the validation loss is NaN; look for NaN in the validation data";
  }
  if (!(nothing_ > 0)) return without_scale();
  const bool learned_little = training_error().low > half_learned;
  const Estimate gap = has_validation_ ? this->gap() : Estimate{};
  if (has_validation_) {
    const Turn t = turn();
    const double tolerated = tolerated_gap(t.epoch != 0, learned_little);
    const bool is_certain = gap.low > tolerated || gap.high - gap.low <= large_gap;
    const bool has_learned = training_error().high < 1;
    if (has_learned && gap.low > 0 && gap.value > tolerated && is_certain) return overfitting(t, gap, tolerated);
  }
  if (learned_little) {
    if (may_still_learn() && d_.cause != StopCause::patience) {
      return "undecided: " + numbers() + ", and the training loss still falls; " + train_longer();
    }
    return "underfitting: " + numbers() +
           (still_falls(training_)
                ? "; the loss falls slowly: use a larger model or learning rate, or " + train_longer()
                : "; the loss has settled: use a larger model or another learning rate");
  }
  if (!has_validation_) {
    return "undecided: " + numbers() +
           "; overfitting shows on validation data only: " + word_or(words_.validate, "pass some to fit()");
  }
  if (gap.high >= large_gap && gap.high - gap.low > large_gap) {
    return fmt::format("undecided: {}; {} and {} samples are too few to tell these apart: use more data", numbers(),
                       d_.train_eval_samples, d_.validation_samples);
  }
  return fitting_or_undecided(gap);
}

}  // namespace

std::string History::verdict(const VerdictWords& words) const { return Judge(data_, words).verdict(); }

}  // namespace xtape::train
