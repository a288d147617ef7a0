// Printing elements in nested brackets, as PyTorch does.
#pragma once

#include <string>

#include "xtape/dtype.hpp"
#include "xtape/shape.hpp"

namespace xtape::kernels {

/// "[[1., 2.],\n [3., 4.]]", four digits at most; rows after the first are indented by `indent`. More than 1,000
/// elements are summarised: three at each end of a dim.
std::string print(DType dtype, const void* elements, const Shape& shape, int indent);

}  // namespace xtape::kernels
