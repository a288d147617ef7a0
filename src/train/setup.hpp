// What a Trainer was given, and what lasts from one fit() to the next.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/file.hpp"
#include "xtape/train/trainer.hpp"

namespace xtape::train {

/// Those who are told what happens: the sinks first, then the callbacks, each in the order in which they were added.
struct Listeners {
  bool tells_sinks = true;  // not so on the ranks that show and write nothing
  std::vector<std::shared_ptr<detail::AnySink>> sinks;
  std::vector<Callback<void(const EpochRecord&)>> on_epoch_end;
  std::vector<Callback<void(const BatchRecord&)>> on_batch_end;

  void fit_begin(const FitBegin& event) const;
  void epoch_begin(const EpochBegin& event) const;
  void batch_end(const BatchRecord& record) const;
  void epoch_end(const EpochRecord& record) const;
  void checkpoint(const CheckpointSaved& event) const;
  void warning(const std::string& message, WarningKind kind = WarningKind::other) const;
  void fit_end(const History& history) const;
};

/// Where a OneCycleLR comes to.
struct CycleEnd {
  std::int64_t total_steps = 0, last_step = 0;
};

struct Schedule {
  optim::lr_scheduler::LRScheduler* scheduler;
  Every every;
  void step(double monitored) const;
  /// It is a ReduceLROnPlateau.
  bool needs_monitored_value() const noexcept;
  /// After `steps` more steps, of each OneCycleLR that has had its turn by then.
  std::vector<CycleEnd> cycle_ends(std::int64_t steps) const;
};

/// It is a OneCycleLR or has one.
bool counts_steps(const optim::lr_scheduler::LRScheduler& scheduler);

class Fit;

/// Of those that train together the one that shows and writes; alone, it is.
bool is_first_rank(const TrainerOptions& options) noexcept;

struct Setup {
  Setup(detail::Objective o, optim::Optimizer& opt, TrainerOptions given)
      : objective(std::move(o)), optimizer(opt), options(std::move(given)) {
    listeners.tells_sinks = is_first_rank(options);
  }

  const detail::Objective objective;
  optim::Optimizer& optimizer;
  const TrainerOptions options;
  std::vector<Schedule> schedules;
  std::vector<Callback<data::Batch(data::Batch, Generator&)>> transforms;
  Listeners listeners;
  std::optional<checkpoint::Contents> resume_file;  // what resume() has read, for the next fit()

  std::atomic<bool> stop_requested = false;
  bool is_fitting = false;
  const Fit* running = nullptr;  // from the start of its loop to the end of fit()
  History last_history;          // of the last one that began its loop
  bool has_warned_of_long_cycle = false, has_warned_of_ignored_options = false;
  std::int64_t epochs_begun = 0;  // in all calls of fit(): each epoch has an order of its own
};

/// The learning rate of the optimizer's first group; NaN if the optimizer does not tell it.
double current_lr(optim::Optimizer& optimizer);

/// In one epoch: as many as a sampler gives, else all of the dataset.
std::int64_t samples_of_epoch(const data::DataLoader& loader);

/// ValueError for an option outside its range.
void check_options(const TrainerOptions& options);

}  // namespace xtape::train
