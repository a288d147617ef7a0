// Confidence intervals of shares: how sure a measured accuracy, or a difference of two, is. All are of 95 %, and no end
// is outside [0, 1], or [-1, 1] for a difference.
#pragma once

#include <cstdint>

#include "xtape/train/evaluation.hpp"

namespace xtape::train {

/// Wilson's score interval of a share p that was seen in n samples (E. B. Wilson, "Probable inference, the law of
/// succession, and statistical inference", JASA 22, 1927). Without samples it is [0, 1]; NaN for a NaN.
Interval wilson_interval(double p, std::int64_t n);

/// The interval of p1 - p2, of independent samples: Newcombe's hybrid of the two score intervals, without correction
/// for continuity (R. G. Newcombe, "Interval estimation for the difference between independent proportions",
/// Statistics in Medicine 17, 1998, method 10).
Interval gap_interval(double p1, std::int64_t n1, double p2, std::int64_t n2);

}  // namespace xtape::train
