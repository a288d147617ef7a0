// The two ops that backward itself needs. They are recorded like any other, so ops/ defines them; nothing else below
// ops/ calls up to it.
#pragma once

#include "xtape/tensor.hpp"

namespace xtape::detail {

/// a + b, in place if `a` has no other holders and no graph is wanted. Shape and dtype are the same. In ops/add.cpp.
Tensor accumulate(Tensor a, const Tensor& b);
/// The gradient of broadcasting: x summed over the dims that `shape` lacks or in which it is 1. In ops/sum.cpp.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace xtape::detail
