// Printing elements in nested brackets, as PyTorch does.
#pragma once

#include <string>

#include "xtape/dtype.hpp"
#include "xtape/shape.hpp"

namespace xtape::kernels {

/// "[[1.0000, 2.0000],\n [3.0000, 4.0000]]"; rows after the first are indented by `indent`. More than 1,000 elements
/// are summarised: three at each end of a dim.
std::string print(DType dtype, const void* elements, const Shape& shape, int indent);

}  // namespace xtape::kernels
