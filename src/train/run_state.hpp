// The trainer's own part of a checkpoint: how far a run has come, and what it was told that decides its numbers.
#pragma once

#include <cstdint>

#include "train/fit_state.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::train {

/// A run that goes on must have the same.
struct DecidingOptions {
  std::int64_t training_samples = 0, batch_size = 0, accumulate = 0;
  std::int64_t seed = 0;  // with the bits of the option
  bool shuffle = false, drop_last = false;
  double clip_grad_norm = 0, ema = 0;
};

struct RunState {
  FitState fit;
  std::int64_t epochs_begun = 0;  // as Setup's, before the epoch in which the run goes on
  DecidingOptions options;
};

StateDict to_dict(RunState run);
/// Error unless the dict is such a state.
RunState run_state_from(const StateDict& dict);
/// FileError that names the first option which differs, with both values.
void check_same_options(const std::string& path, DecidingOptions file, DecidingOptions here);

}  // namespace xtape::train
