// What fit() returns: a record for each epoch, why training ended, and what the curves mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "xtape/export.hpp"

namespace xtape::train {

namespace detail {
inline constexpr double not_measured = __builtin_nan("");  // <limits> is a heavy header
}

/// One epoch. A number that was not measured is NaN: accuracies of a regression, everything about validation where
/// there is none. Losses are means over all samples of the epoch, weighted by the loss's own denominators. train_loss
/// and train_accuracy are taken while the model learns, in training mode; the train_eval values afterwards, in
/// evaluation mode, on a fixed sample of the training set.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< from 1
  double train_loss = detail::not_measured;
  double train_accuracy = detail::not_measured;
  double validation_loss = detail::not_measured;
  double validation_accuracy = detail::not_measured;
  double lr = 0;           ///< of the first group, in the epoch's last step
  double seconds = 0;      ///< of the epoch, validation included
  std::int64_t steps = 0;  ///< of the optimizer since training began
  double train_eval_loss = detail::not_measured;
  double train_eval_accuracy = detail::not_measured;
  double gap = detail::not_measured;  ///< train_eval_accuracy - validation_accuracy
  double gap_low = detail::not_measured,
         gap_high = detail::not_measured;  ///< its 95 % interval
  bool is_best = false;  ///< the best epoch so far, by the monitored value; not a column of to_csv() and to_jsonl()
};

/// Why fit() ended.
enum class StopCause : std::uint8_t {
  last_epoch,
  patience,
  stop,
  signal,
  not_finite,
  none  ///< fit() has not ended, or an exception has ended it
};

/// All that a History is made of.
struct HistoryData {
  std::vector<EpochRecord> epochs = {};
  std::string monitor = "validation_loss";  ///< decides which epoch is the best
  double min_delta = 0;                     ///< by how much more a better epoch must be better
  StopCause cause = StopCause::last_epoch;
  std::string stop_reason = {};
  std::string stop_event = {};  ///< the part of stop_reason that says what ended it, without weights and files
  /// The weights that the model has at the end: those of this epoch; 0: those of a step within an epoch, or those that
  /// fit() began with.
  std::int64_t weights_epoch = 0;
  std::int64_t weights_steps = 0;  ///< of the optimizer that these weights have seen; 0: none of this run
  std::int64_t training_samples = 0, validation_samples = 0;
  std::int64_t train_eval_samples = 0;  ///< of the sample of the training set
  std::int64_t classes = 0;             ///< 0: no classification
  // What tells a loss or an accuracy that is good from one that is not; NaN if it was not measured.
  double first_loss = detail::not_measured;      ///< of the first batch, before any step
  double majority_share = detail::not_measured;  ///< of the validation targets, in one class
  double train_eval_r2 = detail::not_measured;   ///< of a regression, after the last epoch
  double validation_r2 = detail::not_measured;   ///< of a regression, after the last epoch
};

/// What verdict() advises, for a program whose users have options in place of the library's functions. "": the words of
/// the library, which stand here in quotes.
struct VerdictWords {
  std::string tame = {};          ///< "lower the learning rate tenfold, or limit the gradients by clip_grad_norm"
  std::string validate = {};      ///< "pass some to fit()", after "overfitting shows on validation data only: "
  std::string stop_early = {};    ///< "stop early"
  std::string regularize = {};    ///< "use more or augmented data, dropout, weight decay or a smaller model"
  std::string train_longer = {};  ///< "train longer"
};

class XTAPE_API History {
 public:
  History();
  explicit History(HistoryData data);

  /// The number of epochs that were completed.
  std::size_t size() const noexcept { return data_.epochs.size(); }
  bool empty() const noexcept { return size() == 0; }
  /// IndexError outside [0, size()).
  const EpochRecord& operator[](std::size_t i) const&;
  EpochRecord operator[](std::size_t i) && { return (*this)[i]; }
  /// The last record, and that of best_epoch(). IndexError if there is none.
  const EpochRecord& back() const&;
  EpochRecord back() && { return (*this).back(); }
  const EpochRecord& best() const&;
  EpochRecord best() && { return (*this).best(); }
  std::vector<EpochRecord>::const_iterator begin() const noexcept;
  std::vector<EpochRecord>::const_iterator end() const noexcept;

  /// The epoch, from 1, whose monitored value is the best (the first of equals), with min_delta the last that was
  /// better by more than that than the best before it: the one whose weights early stopping keeps. If none has such a
  /// value, that of the best train_loss; 0 if there is none either.
  std::int64_t best_epoch() const noexcept;
  StopCause stop_cause() const noexcept { return data_.cause; }
  /// Why training ended, in words; "" if it had not.
  std::string stop_reason() const { return data_.stop_reason; }
  /// The epoch whose weights the model has after fit(), as HistoryData has it; 0 while it runs, too.
  std::int64_t weights_epoch() const noexcept { return data_.weights_epoch; }
  /// One line that begins with underfitting, fitting, overfitting, diverged or undecided, and ends with a suggestion.
  /// The error is the share of wrong answers, the root of 1 - R2 or the loss, divided by that of a model which knows
  /// nothing of the inputs. An error above 0.5 in training is underfitting. The gap is the error in validation minus
  /// that in training. It is overfitting
  ///  - above 0, once the validation loss has risen from its lowest point for good;
  ///  - else above 0.25, if the error in training is above 0.5 and early stopping did not end the run;
  ///  - else above 0.1, once the validation loss has settled;
  ///  - else above 0.1 plus what as many epochs again would take from the error in validation, or above 0.25.
  /// A gap that may be chance, by its 95 % interval, is none.
  std::string verdict(const VerdictWords& words = {}) const;
  /// stop_reason(), if there is one, and verdict(), a line each; no newline at the end.
  std::string to_string() const;
  friend XTAPE_API std::ostream& operator<<(std::ostream& out, const History& history);
  /// A header line, then a line for each epoch; "" for what was not measured.
  std::string to_csv() const;
  /// An object for each epoch, one a line; null for what was not measured.
  std::string to_jsonl() const;

  const HistoryData& data() const& noexcept { return data_; }
  HistoryData data() &&;

 private:
  HistoryData data_;
};

/// The history in a file that CheckpointOptions::path has written, without the model that it belongs to: what fit()
/// would have returned there, and if it went on after that, the epochs so far, with an empty stop_reason() and
/// StopCause::none. It reads all of the file, but keeps none of the weights. FileError if the file cannot be read, is
/// damaged or was not written by a Trainer.
XTAPE_API History load_history(const std::string& path);

namespace detail {
/// A record's monitored value, which is NaN if it was not measured. ValueError from "Trainer" lists the names that
/// there are.
XTAPE_API double monitored(const EpochRecord& record, const std::string& monitor);
/// Whether a lower value is better: that of a loss.
XTAPE_API bool lower_is_better(const std::string& monitor);
/// Whether monitored() knows the name.
XTAPE_API bool is_monitor(const std::string& name);
}  // namespace detail

}  // namespace xtape::train
