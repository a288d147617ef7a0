// One parameter's way under an optimizer, for the tables of SEMANTICS, "Optimizers".
#pragma once

#include <vector>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape::testing {

/// A float64 parameter that begins as 1, after each step, with these gradients. Options says which optimizer it is.
template <class Options>
std::vector<double> table_row(const Options& options, const std::vector<double>& gradients) {
  Tensor p = leaf({1}, {1});
  optim::GroupOptimizer<Options> optimizer({p}, options);
  std::vector<double> row;
  for (double g : gradients) {
    p.set_grad(tensor({g}, {.dtype = float64}));
    optimizer.step();
    row.push_back(p.item<double>());
  }
  return row;
}

}  // namespace xtape::testing
