// A module's load_state_dict in two steps, for those that load several things or none: all that can fail, then the
// writing, which cannot.
#pragma once

#include <vector>

#include "xtape/nn/module.hpp"
#include "xtape/state_dict.hpp"

namespace xtape::nn::detail {

struct PendingWrite {
  Tensor to, value;  // of one shape and dtype
};

struct PendingLoad {
  /// Throws what load_state_dict throws.
  PendingLoad(const Module& module, const StateDict& dict, bool strict = true);
  IncompatibleKeys keys;
  std::vector<PendingWrite> writes;
};

void write_all(const std::vector<PendingWrite>& writes) noexcept;

}  // namespace xtape::nn::detail
