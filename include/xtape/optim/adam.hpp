// Adam and AdamW: steps scaled by running means of the gradient and of its square.
#pragma once

#include <array>

#include "xtape/optim/optimizer.hpp"

namespace xtape::optim {

struct XTAPE_API AdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};  ///< decay of the running means, each in [0, 1)
  double eps = 1e-8;                           ///< added to the root of the mean square
  double weight_decay = 0;                     ///< adds weight_decay times the parameter to the gradient
  bool amsgrad = false;                        ///< divides by the largest mean square so far
  bool maximize = false;                       ///< ascends the gradient
};

extern template class XTAPE_API GroupOptimizer<AdamOptions>;
/// optim::Adam(model.parameters(), {.lr = 1e-3}), or one {params, options} for each group.
using Adam = GroupOptimizer<AdamOptions>;

struct XTAPE_API AdamWOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};  ///< decay of the running means, each in [0, 1)
  double eps = 1e-8;                           ///< added to the root of the mean square
  double weight_decay = 0.01;                  ///< each step first multiplies the parameter by 1 - lr * weight_decay
  bool amsgrad = false;                        ///< divides by the largest mean square so far
  bool maximize = false;                       ///< ascends the gradient
};

extern template class XTAPE_API GroupOptimizer<AdamWOptions>;
/// Adam with decoupled weight decay, which acts on the parameters directly and not through the running means.
using AdamW = GroupOptimizer<AdamWOptions>;

}  // namespace xtape::optim
