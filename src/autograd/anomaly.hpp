// Anomaly mode: the first NaN on the tape is an error that names its op and the module in which it was recorded.
#pragma once

#include <cstddef>

#include "xtape/autograd/anomaly.hpp"
#include "xtape/autograd/record.hpp"

namespace xtape::detail {

bool detects_anomaly() noexcept;
/// GradError when y, which the node is about to make, holds a NaN; else the node remembers its module's path.
/// A NaN among the ops of a gradient function is left to check_backward.
void check_forward(Node& node, const TensorRef* inputs, std::size_t count, const Tensor& y);
/// GradError when a gradient that the node has made for an input holds a NaN.
void check_backward(const Node& node, const Tensor& gy, Gradients& gradients, Wants wants);

}  // namespace xtape::detail
