// Anomaly mode: the first NaN on the tape is an error that names its op and the module in which it was recorded.
#pragma once

#include <cstddef>
#include <string>

#include "xtape/autograd/anomaly.hpp"
#include "xtape/autograd/record.hpp"

namespace xtape::detail {

/// While one exists beside a DetectAnomalyGuard on this thread, NaN and infinite values of ops are no errors, but
/// noted. Many are meant, such as the -inf of a mask before a softmax.
class DetectInfinityGuard {
 public:
  DetectInfinityGuard() noexcept;
  ~DetectInfinityGuard();
  DetectInfinityGuard(const DetectInfinityGuard&) = delete;
  DetectInfinityGuard& operator=(const DetectInfinityGuard&) = delete;

  /// The error of the last op, other than masked_fill and where, that made one out of finite inputs; if there is none,
  /// of the first with an input that is a constant and NaN or infinite; "" if there is none either.
  const std::string& origin() const noexcept { return made_.empty() ? given_ : made_; }

 private:
  friend void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y);
  std::string made_, given_;
  DetectInfinityGuard* previous_;
};

bool detects_anomaly() noexcept;
/// Notes the running module's path in the node. GradError when y, the node's output, holds a NaN, except inside a
/// gradient function: there check_backward looks.
void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y);
/// GradError when a gradient that the node returned for an input holds a NaN.
void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants);

}  // namespace xtape::detail
