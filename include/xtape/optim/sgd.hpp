// SGD: stochastic gradient descent, with momentum and Nesterov's momentum.
#pragma once

#include "xtape/optim/optimizer.hpp"

namespace xtape::optim {

struct XTAPE_API SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;     ///< the gradient enters the momentum times 1 - dampening, except in the first step
  double weight_decay = 0;  ///< adds weight_decay times the parameter to the gradient
  bool nesterov = false;    ///< needs momentum, and no dampening
  bool maximize = false;    ///< ascends the gradient
};

extern template class XTAPE_API GroupOptimizer<SGDOptions>;
/// optim::SGD(model.parameters(), {.lr = 0.1, .momentum = 0.9}), or one {params, options} for each group.
using SGD = GroupOptimizer<SGDOptions>;

}  // namespace xtape::optim
