// Anomaly mode: the first NaN on the tape is an error that names its op and the module in which it was recorded.
#pragma once

#include <cstddef>

#include "xtape/autograd/anomaly.hpp"
#include "xtape/autograd/record.hpp"

namespace xtape::detail {

/// While one exists beside a DetectAnomalyGuard on this thread, the value of an op may not be infinite either.
class DetectInfinityGuard {
 public:
  DetectInfinityGuard() noexcept;
  ~DetectInfinityGuard();
  DetectInfinityGuard(const DetectInfinityGuard&) = delete;
  DetectInfinityGuard& operator=(const DetectInfinityGuard&) = delete;

 private:
  bool previous_;
};

bool detects_anomaly() noexcept;
/// Notes the running module's path in the node. GradError when y, the node's output, holds a NaN, except inside a
/// gradient function: there check_backward looks.
void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y);
/// GradError when a gradient that the node returned for an input holds a NaN.
void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants);

}  // namespace xtape::detail
