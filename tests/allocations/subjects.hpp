// What requests for memory fail in, and whether it is as it was.
#pragma once

#include "xtape/xtape.hpp"

namespace xtape::testing {

inline bool is_equal(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a) {
    if (!b.contains(name) || tensor.dtype() != b.at(name).dtype() || !equal(tensor, b.at(name))) return false;
  }
  return true;
}

inline nn::Sequential classifier() {
  manual_seed(0);
  return nn::Sequential{nn::Linear(6, 5), nn::ReLU(), nn::LayerNorm(5), nn::Linear(5, 3)};
}

}  // namespace xtape::testing
