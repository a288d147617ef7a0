// The Trainer: the loop that trains, validates, stops early, saves and resumes.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include "xtape/detail/callback.hpp"
#include "xtape/generator.hpp"
#include "xtape/optim/lr_scheduler.hpp"
#include "xtape/optim/optimizer.hpp"
#include "xtape/train/data_source.hpp"
#include "xtape/train/evaluation.hpp"
#include "xtape/train/history.hpp"
#include "xtape/train/objective.hpp"
#include "xtape/train/options.hpp"
#include "xtape/train/sink.hpp"

namespace xtape::train {

/// How often a scheduler steps.
enum class Every : std::uint8_t { epoch, step };

/// Trains a model:
///
///     train::Trainer trainer(model, criterion, optimizer, {.epochs = 20, .batch_size = 64,
///                                                          .early_stopping = {.patience = 3}});
///     train::History history = trainer.fit(training, validation);
///
/// Each step is that of the loop by hand, and with the same seed it gives the same bits:
///
///     data::DataLoader batches(training, {.batch_size = 64, .shuffle = true});
///     for (int epoch = 0; epoch < 20; ++epoch) {
///       model.train();
///       for (auto [x, y] : batches) {
///         Tensor loss = criterion(model(x), y);
///         optimizer.zero_grad();
///         loss.backward();
///         optimizer.step();
///       }
///       scheduler.step();
///     }
///
/// The optimizer, and schedulers and sinks that have names, must outlive the trainer and not be moved. Model and
/// criterion are handles. One thread at a time may use a trainer, except that any thread may call stop().
///
/// On several ranks (distributed.hpp), every rank makes the same trainer and calls fit() with the same data:
///
///     mpi::Session session;
///     mpi::Communicator world = session.world();
///     train::Trainer trainer(model, criterion, optimizer, {.epochs = 20, .batch_size = 64, .communicator = &world});
///
/// Each rank trains its slice of each batch, by distributed::backward. A Dataset is given in slices; a DataLoader must
/// have the rank's shard. All ranks begin with rank 0's weights, buffers and default generator, and hold the same bits
/// after every step and in their histories. With `virtual_shards`, another number of ranks gives the same bits, too,
/// and a run may go on with it: every rank calls resume(). Random numbers, transform() included, are those of a shard.
/// Validation is divided in whole batches (a regression's is not: rank 0's counts), with the bits of one process unless
/// the model draws in evaluation mode. BatchNorm1d needs two rows in each shard: a last batch of fewer than twice the
/// shards ends the run with an error, unless `drop_last` leaves it out.
///
/// Sinks are told on rank 0 alone, which also writes the files of CheckpointOptions; callbacks are called on all, with
/// the same records, and must do the same to model, optimizer and default generator. evaluate() is the calling rank's
/// alone. stop(), a signal and a loss that is not finite end fit() on all ranks at the same step, whichever rank has
/// them. fit() throws a ValueError on all ranks, before the first step, where their options, schedulers or data differ,
/// every 100 steps and at the end of an epoch if a parameter does, and at the end of an epoch if a buffer does. Where
/// one rank alone throws, it must end its process, as mpi::Session does, or the others wait.
class XTAPE_API Trainer {
 public:
  /// ValueError for an option outside its range, and for an optimizer that holds no parameter of the model.
  template <std::derived_from<nn::Module> M, Criterion C>
  Trainer(const M& model, C criterion, optim::Optimizer& optimizer, TrainerOptions options = {})
      : Trainer(detail::Objective(model, std::move(criterion)), optimizer, std::move(options)) {}
  template <std::derived_from<nn::Module> M, Criterion C>
  Trainer(const M&, C, optim::Optimizer&&, TrainerOptions = {}) = delete;  // give the optimizer a name: it must live on
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Steps `scheduler` after every epoch or every step of the optimizer. ReduceLROnPlateau gets the monitored value.
  /// ValueError for a OneCycleLR, which counts steps, with Every::epoch, for a ReduceLROnPlateau with Every::step or
  /// with a mode that does not fit what is monitored, and for a scheduler that belongs to another optimizer. With a
  /// OneCycleLR of fewer steps than fit() makes, that throws a ValueError before its first step (and after a resume);
  /// if it has more, on_warning() tells it.
  void schedule(optim::lr_scheduler::LRScheduler& scheduler, Every every = Every::epoch);
  /// Calls f(record) after each epoch, or each training batch. Several are called in the order in which they were
  /// added.
  void on_epoch_end(Callback<void(const EpochRecord&)> f);
  void on_batch_end(Callback<void(const BatchRecord&)> f);
  /// Replaces each training batch b by f(b, g), which must have as many samples. The numbers of g depend on the
  /// trainer's seed, epoch and batch alone. Several are applied in the order in which they were added.
  void transform(Callback<data::Batch(data::Batch, Generator&)> f);
  /// Tells `sink` what happens (sink.hpp). A sink that has a name is referred to, a temporary is kept.
  template <class S>
  void sink(S&& sink) {
    add_sink(detail::own(static_cast<detail::AnySink*>(new detail::SinkOf<S>(std::forward<S>(sink)))));
  }
  /// Ends fit() after the batch that is running, with `accumulate` after the step that it belongs to; an epoch whose
  /// batches are all done is still validated and recorded. May be called from callbacks, sinks and other threads. Where
  /// no fit() runs, it ends the next one before its first epoch.
  void stop() noexcept;

  /// Trains for `epochs` epochs or until something stops it, and validates after each epoch if there is validation
  /// data. Modes are afterwards what they were before, also when this throws. Exceptions of callbacks, sinks, datasets
  /// and ops pass through; then, and whatever else ends it, early stopping restores the best weights.
  ///
  /// A batch whose targets are all ignored (LossParts::denominator is 0) makes no step and does not count. Called
  /// again, fit() goes on with new orders of the samples, and with a history of its own. A DataLoader's epochs are
  /// numbered on from its next one, whose first batch may be any; other loops over it, and set_epoch, do not disturb a
  /// running fit().
  ///
  /// A loss that is not finite is never stepped on: fit() ends, stop_reason() names the epoch, the step and the op that
  /// made the NaN, and the model has the weights of the best epoch so far, or finite ones in any case. So too when a
  /// parameter or buffer is found to be no longer finite, at the end of an epoch and before a checkpoint is written.
  ///
  /// on_warning() tells if the outputs of the first batch (with a communicator of its first shard) are probabilities
  /// where CrossEntropyLoss takes logits, or no logarithms of probabilities where NLLLoss takes these.
  ///
  /// Validation leaves the default generator as it was, whatever it draws: meanwhile no other thread may draw from it,
  /// since its numbers would come again. Overfitting is measured on samples that are trained: with a sampler, those of
  /// its first epoch.
  ///
  /// ValueError, before anything is changed, for data without samples, for a validation loader that stands within an
  /// epoch, for a monitored value that will not be measured, and if no parameter of the optimizer requires grad. The
  /// first batch of the validation data is tried before the first step. Errors of xtape that come from validation begin
  /// with "validation: ".
  History fit(const DataSource& training, const DataSource& validation = {});
  /// For callbacks and sinks, the history of the fit() that is running: its epochs so far, with the one that
  /// on_epoch_end() tells and those of the run that it resumes. Else what the last fit() returned or, if an exception
  /// ended it, the epochs that it had completed, and stop_reason() has the exception's text. A fit() that refuses its
  /// data or file does not count; before the first one it is empty. While fit() runs, only its thread may ask. Until
  /// the end is decided, stop_reason() is "" and stop_cause() is none.
  History history() const;
  /// Measures the model with the criterion. A Dataset is given in batches of the trainer's batch_size. ValueError for
  /// a DataLoader that stands within an epoch.
  Evaluation evaluate(const DataSource& source) const;
  /// The same with other options: `trainer.evaluate(test, {.classes = names})`.
  Evaluation evaluate(const DataSource& source, const EvaluateOptions& options) const;
  /// Makes the next fit() continue from a file that CheckpointOptions::path has written: with the same data, schedulers
  /// and transforms, every bit is that of the run without interruption. A run that had ended returns its history at
  /// once, but goes on if `epochs` is now higher, unless its patience has ended it. FileError if the file cannot be
  /// read or is no Trainer's.
  ///
  /// That fit() loads all of it or, if something does not fit, throws and changes nothing, and the file is no longer
  /// waited for: FileError for other schedulers, another optimizer or monitored value, and for options that decide the
  /// numbers (batch_size, shuffle, drop_last, seed, accumulate, clip_grad_norm, ema, the number of training samples),
  /// with both values; for another model the error of load_state_dict.
  void resume(const std::string& path);

 private:
  Trainer(detail::Objective objective, optim::Optimizer& optimizer, TrainerOptions options);
  void add_sink(std::shared_ptr<detail::AnySink> sink);

  struct Impl;
  Impl* impl_ = nullptr;  // owned; a std::unique_ptr takes long to compile
};

}  // namespace xtape::train
