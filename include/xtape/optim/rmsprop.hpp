// RMSprop: steps scaled by a running mean of the gradient's square.
#pragma once

#include "xtape/optim/optimizer.hpp"

namespace xtape::optim {

struct XTAPE_API RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;      ///< decay of the running means, in [0, 1]; not 0 if centered
  double eps = 1e-8;        ///< added to the root of the mean square
  double weight_decay = 0;  ///< adds weight_decay times the parameter to the gradient
  double momentum = 0;
  bool centered = false;  ///< divides by the standard deviation of the gradients instead: the root of v - m^2
  bool maximize = false;  ///< ascends the gradient
};

extern template class XTAPE_API GroupOptimizer<RMSpropOptions>;
/// optim::RMSprop(model.parameters(), {.lr = 1e-3, .momentum = 0.9}), or one {params, options} for each group.
using RMSprop = GroupOptimizer<RMSpropOptions>;

}  // namespace xtape::optim
