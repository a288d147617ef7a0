// The confidence interval of the difference of two accuracies; that of one is wilson_interval (train/evaluation.hpp).
// Its ends are in [-1, 1].
#pragma once

#include <cstdint>

#include "xtape/train/evaluation.hpp"

namespace xtape::train {

/// The interval of p1 - p2, of independent samples: Newcombe's hybrid of the two score intervals, without correction
/// for continuity (R. G. Newcombe, "Interval estimation for the difference between independent proportions",
/// Statistics in Medicine 17, 1998, method 10).
Interval gap_interval(double p1, std::int64_t n1, double p2, std::int64_t n2);

}  // namespace xtape::train
