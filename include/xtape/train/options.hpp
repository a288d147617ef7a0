// The options of a Trainer.
#pragma once

#include <cstdint>
#include <string>

#include "xtape/export.hpp"
#include "xtape/io/safetensors.hpp"

namespace xtape::distributed {
class Communicator;
}

namespace xtape::train {

/// With a patience above 0, fit() stops when the monitored value has not improved for that many epochs in a row, and
/// always ends with the weights of the best epoch, whatever ended it.
struct EarlyStoppingOptions {
  std::string monitor = "validation_loss";  ///< or "validation_accuracy", "train_loss", "train_accuracy"
  std::int64_t patience = 0;                ///< epochs without improvement that end fit(); 0: no early stopping
  double min_delta = 0.0;                   ///< an improvement, and the best epoch, is better by more; finite, >= 0
};

/// With a path, fit() writes a file from which resume() continues bit for bit: after every epoch, when stop() or a
/// signal ends it after a step, and within epochs where every_steps or every_seconds says so, but never with weights
/// that are NaN or infinite. A file is replaced as a whole. If that
/// fails, training goes on without: a sink's on_warning() and stop_reason() tell the file and the reason. Where no file
/// can be, as in a directory that does not exist, fit() throws a FileError before its first step.
struct CheckpointOptions {
  std::string path = {};         ///< "": no checkpoints to go on from
  std::int64_t every_steps = 0;  ///< 0: not by steps
  double every_seconds = 0;      ///< 0: not by time
  bool keep_best = true;         ///< also the weights of the best epoch, in a file of their own
  /// That file, which load_safetensors() reads; without `path` the only one. "": beside `path`, "last.safetensors" has
  /// "last.best.safetensors".
  std::string best_path = {};
  /// Texts for the file of the best weights, names of classes, say. It also has "epoch" and, under its name, the
  /// monitored value: such names are the trainer's.
  io::Metadata metadata = {};
};

/// In braces, name the options and keep them in this order: `{.epochs = 20, .batch_size = 64}`. With names, a compiler
/// tells which one is misspelled or out of order.
struct TrainerOptions {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;  ///< of Datasets; a DataLoader has its own, as it has the next four
  bool shuffle = true;           ///< the training set, anew for each epoch
  std::int64_t num_workers = 0;  ///< threads that prepare training batches ahead; 0: none
  bool drop_last = false;        ///< leave out a last training batch that is not full
  std::uint64_t seed = 0;        ///< of the order and of transforms
  std::int64_t accumulate = 1;   ///< batches whose gradients make one step, as if they were one batch: exact for an
                                 ///< nn::Loss, by its parts; what any other criterion returns is taken for a mean over
                                 ///< the samples
  double clip_grad_norm = 0;     ///< the largest 2-norm of the gradients of the optimizer's parameters; 0: no limit
  /// Decay of the moving average of the weights, in [0, 1); 0: no average. In step t it is
  /// min(ema, (1 + t) / (10 + t)). Validation and the best weights are those of the average, and after fit() the model
  /// has it, too. Training goes on with the weights themselves, which callbacks see. Buffers are not averaged.
  double ema = 0;
  EarlyStoppingOptions early_stopping = {};
  CheckpointOptions checkpoint = {};
  /// The ranks that train this model together, each with a trainer of its own (see Trainer); it must outlive the
  /// trainer. nullptr: this process trains alone.
  const distributed::Communicator* communicator = nullptr;
  /// With a communicator: a power of two that the number of ranks divides. Each batch is cut into so many shards, and
  /// the run has the same bits on every such number of ranks. 0: a shard for each rank.
  std::int64_t virtual_shards = 0;
};

}  // namespace xtape::train
