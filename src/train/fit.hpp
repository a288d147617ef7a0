// One call of Trainer::fit(): the loop, and what it keeps beside it.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "train/evaluator.hpp"
#include "train/fit_state.hpp"
#include "train/setup.hpp"
#include "train/weights.hpp"
#include "xtape/data/loader.hpp"

namespace xtape::train {

/// The loss of one batch, which adds `sum` and `denominator` to the epoch's mean.
struct BatchLoss {
  Tensor tensor;     // what backward starts from
  double value = 0;  // what the criterion returned
  double sum = 0, denominator = 0;

  /// Not so where all targets are ignored: a mean of nothing is NaN, and its gradient 0.
  bool counts() const noexcept { return denominator != 0; }
};

/// The batches since the last step, whose gradients make the next one.
struct PendingStep {
  std::int64_t batches = 0;
  double denominator = 0;
};

/// What a forward changes: the default generator and the model's buffers. Brought back, the same batch gives the same
/// numbers again.
class BatchStart {
 public:
  explicit BatchStart(const nn::Module& model) : buffers_(model.buffers()) {}
  void take() {
    generator_ = default_generator().state();
    buffers_.take();
  }
  void bring_back() const {
    default_generator().set_state(generator_);
    buffers_.bring_back();
  }

 private:
  Generator::State generator_;
  TensorsCopy buffers_;
};

class Fit {
 public:
  /// ValueError for whatever can be known to fail before the first step; nothing is changed.
  Fit(Setup& setup, const DataSource& training, const DataSource& validation);
  History run();

 private:
  struct Ending {
    StopCause cause;
    std::string reason;
  };

  // fit.cpp: the loop
  void begin();
  void run_epoch();
  void train_epoch();
  void place_loader();
  BatchLoss loss_of(const Tensor& output, const Tensor& target) const;
  void step(PendingStep& pending);
  /// `monitored` is for ReduceLROnPlateau.
  void step_schedules(Every every, double monitored = std::numeric_limits<double>::quiet_NaN()) const;
  void count(const BatchLoss& loss, const Tensor& output, const Tensor& target);
  data::Batch transformed(data::Batch batch) const;
  EpochRecord measured_epoch();
  void validate(EpochRecord& record);
  Evaluator evaluated(const data::DataLoader& loader) const;
  void keep_if_best(const EpochRecord& record);
  bool is_asked_to_stop() const noexcept { return setup_.stop_requested; }
  void end_as_asked(std::int64_t epoch);
  void end_if_it_is_time();
  void end(StopCause cause, std::string reason);
  void bring_back_best() const;
  History history() const;

  // fit_checks.cpp: before the loop
  void check_monitor_is_measured() const;

  // not_finite.cpp: a loss that no step is made with
  void end_not_finite(std::int64_t step, const std::string& what);
  std::string broken_parameter() const;
  std::string origin_of(const BatchLoss& loss, const data::Batch& batch) const;
  std::string replay(const BatchLoss& loss, const data::Batch& batch) const;

  Setup& setup_;
  const detail::Objective& objective_;
  optim::Optimizer& optimizer_;
  const TrainerOptions& options_;
  const Listeners& listeners_;
  const std::string monitor_;
  const bool had_finite_weights_;  // when fit() began
  const bool loader_is_ours_;      // not a DataLoader of the user's
  data::DataLoader loader_;
  const std::optional<data::DataLoader> validation_;
  const std::optional<data::DataLoader> training_sample_;  // beside validation data

  FitState state_;
  TensorsCopy best_weights_;  // until an epoch is the best, those that fit() began with
  BatchStart batch_start_;
  std::optional<Ending> ending_;
  double lr_;  // of the last step
  std::int64_t classes_ = 0;
  bool has_warned_of_one_class_ = false;
};

}  // namespace xtape::train
