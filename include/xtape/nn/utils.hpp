// Clipping gradients, between backward() and the optimizer's step().
#pragma once

#include <vector>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::nn::utils {

struct ClipGradNormOptions {
  double norm_type = 2;             ///< p of the p-norm, above 0; INFINITY: the largest magnitude
  bool error_if_nonfinite = false;  ///< ValueError, and no gradient changed, where the norm is infinite or NaN
};

/// Scales all gradients, in place, by max_norm / (norm + 1e-6) where that is below 1, and returns the norm that they
/// had: the p-norm of all their elements as one vector. Parameters without a gradient are skipped. An infinite norm
/// makes finite gradients 0, a NaN makes all NaN, as in PyTorch. ValueError unless max_norm >= 0 and norm_type > 0.
///
///     loss.backward();
///     nn::utils::clip_grad_norm_(model.parameters(), 1.0);
///     optimizer.step();
XTAPE_API double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, ClipGradNormOptions options = {});

/// Clamps each element of the gradients, in place, to [-clip_value, clip_value]; NaN stays NaN. ValueError unless
/// clip_value >= 0.
XTAPE_API void clip_grad_value_(const std::vector<Tensor>& params, double clip_value);

}  // namespace xtape::nn::utils
