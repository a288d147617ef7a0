// The ops that backward itself needs. They are recorded like any other, so ops/ defines them; nothing else below
// ops/ calls up to it.
#pragma once

#include "xtape/tensor.hpp"

namespace xtape::detail {

/// sum = sum + x, in place if `sum` has no other holders and no graph is wanted. Shape and dtype are the same. If it
/// throws, `sum` is unchanged. In ops/add.cpp.
void accumulate(Tensor& sum, const Tensor& x);
/// The gradient of broadcasting: x summed over the dims that `shape` lacks or in which it is 1. In ops/sum.cpp.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// x in memory of its own, as the result of an op. In ops/clone.cpp.
Tensor recorded_copy(const Tensor& x);

}  // namespace xtape::detail
