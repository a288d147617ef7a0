// A training as `xtape-mnist train` does it, with its settings. train.cpp reads the options; training.cpp makes model,
// data and optimizer of them; training_run.cpp trains; trial.cpp tries whether training would work.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <xtape/xtape.hpp>

#include "configuration.hpp"
#include "files.hpp"
#include "ranks.hpp"
#include "settings.hpp"

struct TrainSettings : Settings {
  std::int64_t epochs = 10;
  std::string schedule = "none";
  std::int64_t early_stopping = 0;
  double clip_grad_norm = 0;
  double ema = 0;
  bool augment = false, flip = false;
  bool skip_validation = false;
  std::string progress = "auto";
  std::string config;  // a file; "" for none
  std::string out;     // a directory; "" for runs/N
  bool no_out = false, force = false;
  bool resume = false;  // the run in `out`
  std::string save;     // a file of weights; "" for none
  bool dry_run = false, overfit_one_batch = false;
  bool mpi = false;
  std::int64_t virtual_shards = 0;

  bool wants_validation() const { return validation > 0 && !skip_validation; }
  /// For people. (With --progress json stdout holds JSON alone.)
  std::FILE* out_stream() const { return progress == "json" ? message_stream() : stdout; }
};

/// All options of `xtape-mnist train`.
void add_training_options(CLI::App& app, TrainSettings& s);

/// What the settings make, in the order that decides the random numbers. Not to be moved: schedulers refer to it.
struct TrainingSetup {
  explicit TrainingSetup(const TrainSettings& s);
  TrainingSetup(const TrainingSetup&) = delete;

  Images images;
  Parts parts;
  xtape::nn::Sequential model;
  xtape::nn::CrossEntropyLoss loss;
  std::unique_ptr<xtape::optim::Optimizer> optimizer;
  std::unique_ptr<xtape::optim::lr_scheduler::LRScheduler> scheduler;  // or none
  xtape::train::Every every = xtape::train::Every::epoch;              // how often it steps
  xtape::train::DataSource validation;                                 // the held-out images, in their order; or none
};

/// The lines about data and model.
void print_heading(const TrainSettings& s, const TrainingSetup& setup);

/// Trains, writes the run's files, evaluates on the test images; returns the exit code. All ranks call it.
int run_training(const TrainSettings& s, const Configuration& configuration, const Ranks& ranks);
/// --dry-run: one batch through model and loss; says what would be done.
int try_out(const TrainSettings& s);
/// --overfit-one-batch: whether the model can learn one batch by heart.
int overfit_one_batch(const TrainSettings& s);
