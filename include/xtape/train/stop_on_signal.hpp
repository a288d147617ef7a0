// Ctrl-C: the first signal ends fit() in good order, the second ends the process.
#pragma once

#include "xtape/export.hpp"

namespace xtape::train {

/// While one exists, SIGINT and SIGTERM let a running fit() finish its batch, save its checkpoint, restore the best
/// weights and return; stop_reason() says so. The second signal ends the process at once, with the signal's own status;
/// files that were saved stay intact. A signal that is ignored, as SIGINT is under nohup, stays ignored. The destructor
/// brings back the handlers that were there before. One at a time: ValueError for a second guard.
class XTAPE_API StopOnSignal {
 public:
  [[nodiscard]] StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  /// The number of the first signal that has arrived since the guard was made; 0: none, or there is no guard.
  static int received() noexcept;
};

}  // namespace xtape::train
