// Anomaly mode: the first NaN on the tape is an error that names its op. And the one thing that the tape knows of
// modules: the path of the one that is running, for that error and for a backward much later.
#pragma once

#include <string>
#include <utility>

#include "xtape/autograd.hpp"

namespace xtape::detail {

/// A module whose operator() is running on this thread, for as long as this stands on its stack.
class CallScope {
 public:
  CallScope() noexcept;
  virtual ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  /// "encoder.fc1": each module's name in the one that called it.
  virtual std::string path() const = 0;

 protected:
  const CallScope* outer() const noexcept { return outer_; }

 private:
  const CallScope* outer_;
};

bool detects_anomaly() noexcept;
/// GradError when y, which the node is about to make, holds a NaN; else the node remembers its module's path.
/// A NaN among the ops of a gradient function is left to check_backward.
void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y);
/// GradError when a gradient that the node has made for an input holds a NaN.
void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants);

}  // namespace xtape::detail
