// Anomaly mode: finds the op that makes a NaN. For debugging.
#pragma once

#include "xtape/export.hpp"

namespace xtape::autograd {

/// Finds where a NaN comes from. While one exists on this thread, an op that records a value with a NaN in it, or whose
/// gradient function returns one, throws a GradError. It names the op, the element, whether an input was NaN before
/// and, where the op was recorded in this scope, the module: `log "encoder.fc1": anomaly: ...`. Values that are not
/// recorded are not checked. Reads every recorded value once more: for debugging only.
class XTAPE_API DetectAnomalyGuard {
 public:
  DetectAnomalyGuard() noexcept;
  ~DetectAnomalyGuard();
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool previous_;
};

}  // namespace xtape::autograd
