// One call of Trainer::fit(): the loop, and what it keeps beside it.
#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <string>

#include "checkpoint/parts.hpp"
#include "data/loader_place.hpp"
#include "nn/load_state_dict.hpp"
#include "train/average.hpp"
#include "train/checkpoint_files.hpp"
#include "train/evaluator.hpp"
#include "train/ranks.hpp"
#include "train/run_state.hpp"
#include "train/setup.hpp"
#include "train/weights.hpp"
#include "xtape/data/loader.hpp"
#include "xtape/error.hpp"
#include "xtape/train/stop_on_signal.hpp"

namespace xtape::train {

using Clock = std::chrono::steady_clock;

/// The loss of one batch, which adds `sum` and `denominator` to the epoch's mean.
struct BatchLoss {
  Tensor tensor;     // what backward starts from
  double value = 0;  // what the criterion returned
  double sum = 0, denominator = 0;

  /// Not so where all targets are ignored: a mean of nothing is NaN, and its gradient 0.
  bool counts() const noexcept { return denominator != 0; }
};

/// What a batch adds to the epoch.
struct BatchNumbers {
  BatchLoss loss;
  std::int64_t samples = 0;
  detail::Score score = {};
  std::int64_t classes = 0;
  bool has_classes = false;
};

/// The batches since the last step, whose gradients make the next one.
struct PendingStep {
  std::int64_t batches = 0;
  double denominator = 0;
};

/// f(), whose errors say that they come from validation.
template <class F>
auto in_validation(F f) {
  try {
    return f();
  } catch (Error& error) {
    error.set_context("validation");
    throw;
  }
}

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
  /// ValueError for whatever can be known to fail before the first step; nothing is changed then, except that on ranks
  /// the weights, buffers and default generator may be rank 0's already.
  Fit(Setup& setup, const DataSource& training, const DataSource& validation);
  History run();
  /// So far; while it runs, too.
  History history() const;

 private:
  struct Ending {
    StopCause cause;
    std::string event;
    std::string weights = {};  // which the model then has, where that needs words
  };
  /// Weights by the epoch that they are of, or else by their steps; as in HistoryData.
  struct WeightsAge {
    std::int64_t epoch = 0, steps = 0;
  };

  // fit.cpp: the loop
  void begin();
  void run_epoch();
  void train_epoch();
  void place_loader();
  std::optional<BatchNumbers> train_batch(const data::Batch& batch, PendingStep& pending);
  BatchLoss loss_of(const Tensor& output, const Tensor& target) const;
  void step(PendingStep& pending);
  /// `monitored` is for ReduceLROnPlateau.
  void step_schedules(Every every, double monitored = std::numeric_limits<double>::quiet_NaN()) const;
  void count(const BatchNumbers& batch);
  /// By the transforms, for the batch with this number, from 0, of an epoch, which counts as Setup::epochs_begun.
  data::Batch transformed(data::Batch batch, std::int64_t epoch, std::int64_t number) const;
  std::uint64_t transform_seed(std::int64_t epoch, std::int64_t number) const;
  data::Batch transformed_by(data::Batch batch, std::uint64_t seed) const;
  double seconds_of_epoch() const;
  EpochRecord measured_epoch();
  void validate(EpochRecord& record);
  Evaluator evaluated(const data::DataLoader& loader) const;
  bool keep_if_best(const EpochRecord& record);
  void pause_between_steps();
  /// All ranks see the same: what they have told each other last.
  bool is_asked_to_stop() const noexcept;
  int received_signal() const noexcept;
  void end_as_asked(std::int64_t epoch);
  void end_if_it_is_time();
  void end(StopCause cause, std::string event);
  void end_by_exception();
  std::string reason_of_end() const;
  bool ends_with_best() const noexcept;
  WeightsAge weights_at_end() const;
  void leave_weights();

  // fit_checks.cpp: before the loop
  void check_trains_something() const;
  void check_monitor_is_measured() const;
  void try_validation();
  std::int64_t steps_left() const;
  std::vector<CycleEnd> cycle_ends() const;
  void check_cycles() const;
  void warn_of_options();
  void warn_of_outputs(const Tensor& output) const;

  // fit_on_ranks.cpp: what is different with a communicator
  void check_ranks_agree() const;
  void begin_alike();
  void check_same_place() const;
  void check_same_order() const;
  std::vector<Tensor> trained_beside_model() const;
  void check_still_alike(bool with_buffers) const;
  std::optional<BatchNumbers> train_on_ranks(const data::Batch& batch, PendingStep& pending, bool is_last);
  data::Batch transformed_shard(const data::Batch& shard, std::int64_t number) const;
  std::int64_t shards() const noexcept;
  RankNews news() const;
  void exchange(const RankNews& mine);
  Tensor output_of_shard(const Tensor& x, const data::Batch& batch, ShardNotes& notes) const;
  LossParts parts_of_shard(const Tensor& output, ShardNotes& notes) const;
  void take_numbers_of_rank_zero(EpochRecord& record);
  std::string words_of_first_rank(const std::string& words) const;
  void end_not_finite_on(int rank, const std::optional<BrokenShard>& broken);

  // fit_checkpoint.cpp: files from which another run goes on
  void go_on_from_file();
  void load(const checkpoint::Contents& file);
  std::vector<nn::detail::PendingWrite> best_weights_in(const checkpoint::Contents& file) const;
  std::vector<nn::detail::PendingWrite> averages_in(const checkpoint::Contents& file) const;
  std::vector<checkpoint::Part> parts_of_run() const;
  DecidingOptions deciding_options() const;
  std::vector<checkpoint::State> states_of_run() const;
  RunState run_state() const;
  RunTexts texts_of_run() const;
  StateDict best_weights() const;
  bool is_in_epoch() const noexcept { return state_.batch > 0; }
  void save();
  void write_checkpoint(const std::string& path) const;
  void write_best(const std::string& path) const;

  // not_finite.cpp: a loss that no step is made with
  void end_not_finite(std::int64_t step, const std::string& what);
  bool end_if_broken();
  std::string broken_parameter() const;
  std::string broken_buffer() const;
  /// With `start`, the batch began with that state of the default generator.
  std::string origin_of(double loss, const data::Batch& batch, const Generator::State* start = nullptr) const;
  std::string replay(double loss, const data::Batch& batch, const Generator::State* start) const;

  Setup& setup_;
  const detail::Objective& objective_;
  optim::Optimizer& optimizer_;
  const TrainerOptions& options_;
  const Listeners& listeners_;
  const distributed::Communicator* const comm_;  // or null
  const std::string monitor_;
  const bool had_finite_parameters_, had_finite_buffers_;  // when fit() began
  const std::string ignored_options_;
  data::DataLoader loader_;
  const bool validation_is_loader_;  // of the user's
  const std::optional<data::DataLoader> validation_;
  const std::optional<data::DataLoader> training_sample_;  // beside validation data

  data::LoaderPlace next_place_;  // where the next epoch begins; loops of others over the loader do not change it
  FitState state_;
  TensorsCopy best_weights_;  // until an epoch is the best, those that fit() began with
  BatchStart batch_start_;
  std::optional<WeightAverage> average_;  // with ema
  CheckpointFiles files_;
  std::vector<std::string> warnings_;  // of measuring, to be told when the model has its own weights again
  Clock::time_point epoch_began_;
  std::optional<Ending> ending_;
  double lr_;      // of the last step
  RankNews told_;  // by all ranks, last
  bool has_warned_of_one_class_ = false, has_warned_of_nan_ = false, has_final_weights_ = false;
};

}  // namespace xtape::train
