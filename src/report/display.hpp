// What a ProgressBar shows, mode by mode.
#pragma once

#include <memory>

#include "report/output.hpp"
#include "report/progress_line.hpp"
#include "xtape/train/progress.hpp"

namespace xtape::report {

/// Shows nothing. `now` is a time in seconds, of any clock that does not go back.
class Display {
 public:
  Display() = default;
  virtual ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  virtual void fit_begin(const train::FitBegin&, double /*now*/) {}
  virtual void epoch_begin(const train::EpochBegin&, double /*now*/) {}
  virtual void batch_end(const train::BatchRecord&, double /*now*/) {}
  virtual void epoch_end(const train::EpochRecord&, double /*now*/) {}
  virtual void checkpoint(const train::CheckpointSaved&, double /*now*/) {}
  virtual void warning(const train::Warning&, double /*now*/) {}
  virtual void fit_end(const train::History&, double /*now*/) {}
};

/// A row for each epoch, and below them a live line, which is gone after fit_end and with this object.
std::unique_ptr<Display> bar_display(Output& out, LineStyle style);
/// A row for each epoch, and a line whenever nothing was said for so many seconds; 0: never.
std::unique_ptr<Display> plain_display(Output& out, double heartbeat_seconds);
/// An object for each event but those of batches, one a line.
std::unique_ptr<Display> json_display(Output& out, const train::VerdictWords& words = {});
/// The display for a mode, as the environment has it now.
std::unique_ptr<Display> make_display(Output& out, const train::ProgressOptions& options);

}  // namespace xtape::report
