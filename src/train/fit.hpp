// One call of Trainer::fit(): the loop, and what it keeps beside it.
#pragma once

#include <optional>
#include <string>

#include "train/evaluator.hpp"
#include "train/fit_state.hpp"
#include "train/setup.hpp"
#include "train/weights.hpp"
#include "xtape/data/loader.hpp"

namespace xtape::train {

/// The loss of one batch.
struct BatchLoss {
  Tensor tensor;           // backward starts from it
  double value = 0;        // what the criterion returned
  double denominator = 0;  // the batch's share of a mean; 0: nothing in it counts

  /// Its part of the epoch's sum.
  double sum = 0;
};

/// The batches whose gradients make the next step.
struct PendingStep {
  std::int64_t batches = 0;
  double denominator = 0;
};

/// What a batch is taken with, besides the weights: brought back, the same batch gives the same numbers again.
class BatchStart {
 public:
  explicit BatchStart(const nn::Module& model);
  void take();
  void bring_back() const noexcept;

 private:
  Generator::State generator_;
  TensorsCopy buffers_;
};

class Fit {
 public:
  /// Checks everything that can be checked before the first step. ValueError; nothing is changed.
  Fit(Setup& setup, const DataSource& training, const DataSource& validation);
  History run();

 private:
  struct Ending {
    StopCause cause;
    std::string reason;
  };

  // fit_checks.cpp
  void check_data(const DataSource& validation) const;
  void check_schedules() const;
  void check_monitor_is_measured() const;

  void begin();
  void run_epoch();
  void train_epoch();
  data::Batch transformed(data::Batch batch) const;
  BatchLoss loss_of(const Tensor& output, const Tensor& target) const;
  void step(PendingStep& pending);
  void count(const BatchLoss& loss, const Tensor& output, const Tensor& target);
  EpochRecord measured_epoch();
  Evaluator evaluated(const data::DataLoader& loader) const;
  void validate(EpochRecord& record);
  void judge(const EpochRecord& record);
  void end_after_epoch();
  /// The value that the options monitor; where they do not insist on it and it is not measured, the training loss.
  double monitored(const EpochRecord& record) const;
  History finish();
  HistoryData history_data() const;

  // not_finite.cpp
  void end_not_finite(std::string what);
  std::string explain(const data::Batch& batch, const BatchLoss& loss) const;

  Setup& setup_;
  const detail::Objective& objective_;
  optim::Optimizer& optimizer_;
  const TrainerOptions& options_;
  data::DataLoader loader_;
  const std::optional<data::DataLoader> validation_;
  std::optional<data::DataLoader> training_sample_;  // only beside validation data
  const bool counts_epochs_;                         // of loader_: it is the trainer's own

  FitState state_;
  TensorsCopy best_weights_;  // those that fit() began with until state_.best has an epoch
  BatchStart before_batch_;
  std::optional<Ending> ending_;
  double lr_ = 0;  // of the last step
  std::int64_t classes_ = 0, training_sample_size_ = 0;
  bool has_warned_of_one_class_ = false;
};

}  // namespace xtape::train
