// Showing a training run while it goes on, on a terminal or in a log: on stderr, unless another file is given.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>

#include "xtape/export.hpp"
#include "xtape/train/sink.hpp"

namespace xtape::train {

enum class ProgressMode : std::uint8_t {
  automatic,  ///< bar if the file is a terminal that can move its cursor (TERM is not "dumb"), else plain
  bar,        ///< a line for each epoch, and below them one that is redrawn while an epoch goes on
  plain,      ///< a line for each epoch, and within a long one a line now and then
  json,       ///< an object for each event but those of batches, one a line
  none        ///< nothing
};

struct ProgressOptions {
  ProgressMode mode = ProgressMode::automatic;
  /// Of the mode plain: after so many seconds without a line, an epoch gets one; 0: only at its end.
  double heartbeat_seconds = 60;
  /// Of the mode bar: colors, unless NO_COLOR is set in the environment.
  bool color = true;
  VerdictWords words = {};  ///< of the verdict's advice, in the mode json
};

/// A sink that shows how fit() goes on: `trainer.sink(train::ProgressBar());`. It writes only to `out`, which stays the
/// caller's and must outlive it. On a terminal:
///
///               training          validation
///     epoch   loss  accuracy     loss  accuracy  seconds
///         1  0.6127    0.7835   0.4367    0.8440      0.9 *
///         2  0.4499    0.8380   0.3920    0.8558      0.9 *
///     epoch  3/10  [######-------]   46%  loss 0.4123  accuracy 0.8512  0:07 left
///
/// The live line has loss and accuracy of the epoch so far, and where the terminal has room for them samples a second,
/// steps and learning rate; where it has not, it has less. The time left is that of the whole run, validation included.
/// The line is drawn at most ten times a second, with blocks where the locale is UTF-8, and never longer than the
/// terminal is wide at that moment. It is gone after each row, when fit() returns and, if fit() throws, with the
/// ProgressBar or when the next fit() begins; what stays are the lines of the epochs, and warnings. (A program that
/// writes to the same terminal within an epoch writes behind it.) In the table, "-" was not measured; a regression has
/// no columns for accuracies, and a narrow terminal fewer columns. A star at the end of a row says that the epoch was
/// the best so far. After the first 20 rows at most 20 a second are written at their time, so that short epochs are not
/// slowed down; the best and the last epoch always have a row, and a line at the end says how many epochs have one. (In
/// the modes plain and json all have.)
///
/// The modes plain and json write text and newlines, flushed line by line. Objects have a "type": "begin", "epoch"
/// (with the fields of History::to_jsonl), "checkpoint", "warning" and "end". A write that fails ends the display and
/// not the training: failed() tells it. In the mode bar, a terminal that takes nothing, as after Ctrl-S, does not hold
/// up the training: rows wait for it, and so does the end of fit().
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
  Impl* impl_ = nullptr;  // owned; a std::unique_ptr takes long to compile
};

}  // namespace xtape::train
