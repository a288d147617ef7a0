// grad() for a caller that can use a gradient while others are still being computed.
#pragma once

#include <cstddef>
#include <vector>

#include "xtape/tensor.hpp"

namespace xtape::detail {

class GradientReceiver {
 public:
  /// The whole gradient of input number `i`; undefined if there is none.
  virtual void receive(std::size_t i, Tensor gradient) = 0;

 protected:
  ~GradientReceiver() = default;
};

/// grad(outputs, inputs, {.allow_unused = true}) of results of ops, for leaves, each given once. The receiver gets each
/// gradient once: after the last op that uses the leaf, though others are still to run; at once where there is no such
/// op. What it throws ends the backward.
void grad_when_complete(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                        GradientReceiver& receiver);

}  // namespace xtape::detail
