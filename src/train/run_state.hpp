// The trainer's own part of a checkpoint: how far a run has come, what it was told that decides its numbers, and what
// else its History tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/file.hpp"
#include "core/fail.hpp"
#include "train/fit_state.hpp"
#include "xtape/error.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::train {

/// Part of every file that a Trainer has written.
constexpr const char* trainer_part = "trainer";

/// A run that goes on must have the same.
struct DecidingOptions {
  std::int64_t training_samples = 0, batch_size = 0, accumulate = 0;
  std::int64_t seed = 0;  // with the bits of the option
  bool shuffle = false, drop_last = false;
  double clip_grad_norm = 0, ema = 0;
  std::int64_t shards = 0;  // of a batch, on several ranks; 0: there is no communicator, and files do not have it
};

struct RunState {
  FitState fit;
  std::int64_t epochs_begun = 0;  // as Setup's, before the epoch in which the run goes on
  DecidingOptions options;
  // For the History alone: a run that goes on has its own.
  double min_delta = 0;
  std::int64_t validation_samples = 0, train_eval_samples = 0;
  std::int64_t stop_cause = static_cast<std::int64_t>(StopCause::none);
  std::int64_t weights_epoch = 0, weights_steps = 0;
};

/// Texts of the file.
struct RunTexts {
  std::string monitor, stop_reason, stop_event;
};

StateDict to_dict(RunState run);
io::Metadata to_metadata(const RunTexts& texts);
/// Error unless the dict is such a state. `op` is that of the caller.
RunState run_state_from(const char* op, const StateDict& dict);
/// "" for a text that the file does not have. FileError for one that does not belong in a checkpoint.
RunTexts run_texts_from(const checkpoint::Contents& file);
HistoryData history_data(RunState run, RunTexts texts);

/// FileError unless a Trainer has written the file. `only_part` is that of checkpoint::read_file.
checkpoint::Contents read_trainer_file(const char* op, const std::string& path, const std::string& only_part = {});
/// f(the part's state). An error of it becomes one that names the file and the part.
template <class F>
auto read_part(const char* op, const checkpoint::Contents& file, const char* part, F f) {
  try {
    return f(file.state_of(part));
  } catch (const Error& error) {
    fail<FileError>(op, "\"{}\": the state of \"{}\" does not fit: {}", file.path, part, std::string(error.what()));
  }
}
/// "batch_size = 32" of each option.
std::vector<std::string> to_texts(DecidingOptions options);
/// FileError that names the first option which differs, with both values.
void check_same_options(const std::string& path, DecidingOptions file, DecidingOptions here);

}  // namespace xtape::train
