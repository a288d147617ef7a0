// Showing a training run while it goes on, on a terminal or in a log.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>

#include "xtape/export.hpp"
#include "xtape/train/sink.hpp"

namespace xtape::train {

enum class ProgressMode : std::uint8_t {
  automatic,  ///< bar if the file is a terminal that can move its cursor (TERM is not "dumb"), else plain
  bar,        ///< a line for each epoch, and below them one that lives
  plain,      ///< a line for each epoch, and within a long one a line now and then
  json,       ///< one object a line: an epoch, a warning, a saved file, the end
  none        ///< nothing
};

struct ProgressOptions {
  ProgressMode mode = ProgressMode::automatic;
  double heartbeat_seconds = 60;  ///< plain: how long nothing may be said; 0: a line for each epoch alone
  bool color = true;              ///< bar: may be colored, unless NO_COLOR is set in the environment
};

/// A sink that shows how fit() goes on: `trainer.sink(train::ProgressBar());`. It writes only to `out`, which stays the
/// caller's. Of a bar, the live line has epoch, step, bar, loss, accuracy, samples a second, time left and learning
/// rate, as much of it as the terminal has room for, and is drawn at most ten times a second; when fit() ends, also by
/// an exception, the line is gone and what stays are the lines of the epochs. Nothing but text and newlines reaches a
/// file that is no terminal. A write that fails ends the display and not the training: failed() tells it.
class XTAPE_API ProgressBar {
 public:
  /// ValueError if `out` is null, and for a heartbeat that is negative or not finite.
  explicit ProgressBar(std::FILE* out = stderr, const ProgressOptions& options = {});
  ~ProgressBar();
  ProgressBar(ProgressBar&&) noexcept;
  ProgressBar& operator=(ProgressBar&&) noexcept;

  void on_fit_begin(const FitBegin& event);
  void on_epoch_begin(const EpochBegin& event);
  void on_batch_end(const BatchRecord& record);
  void on_epoch_end(const EpochRecord& record);
  void on_checkpoint(const CheckpointSaved& event);
  void on_warning(const Warning& event);
  void on_fit_end(const History& history);

  /// Whether something could not be written, as to a pipe whose reader is gone.
  bool failed() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xtape::train
