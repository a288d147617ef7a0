// log(1 + e^x) of a number, which softplus and the logistic losses share.
#pragma once

#include <algorithm>
#include <cmath>

namespace xtape::detail {

/// Exact where e^x overflows, and where it is too small to change 1. x for +inf, 0 for -inf, NaN for NaN.
template <class T>
T log1p_exp(T x) {
  return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace xtape::detail
