// Adagrad: steps scaled by the sum of the squares of all gradients so far.
#pragma once

#include "xtape/optim/optimizer.hpp"

namespace xtape::optim {

struct XTAPE_API AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;                   ///< step t, from 1, uses lr / (1 + (t - 1) * lr_decay)
  double weight_decay = 0;               ///< adds weight_decay times the parameter to the gradient
  double initial_accumulator_value = 0;  ///< the sum of squares before a parameter's first step
  double eps = 1e-10;                    ///< added to the root of the sum
  bool maximize = false;                 ///< ascends the gradient
};

extern template class XTAPE_API GroupOptimizer<AdagradOptions>;
/// optim::Adagrad(model.parameters(), {.lr = 0.01}), or one {params, options} for each group.
using Adagrad = GroupOptimizer<AdagradOptions>;

}  // namespace xtape::optim
