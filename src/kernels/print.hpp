// Printing elements in nested brackets, by PyTorch's rules and with its default options.
#pragma once

#include <string>

#include "xtape/dtype.hpp"
#include "xtape/shape.hpp"

namespace xtape::kernels {

/// "[[1., 2.],\n [3., 4.]]", or "[]" without elements. Whole numbers end in a dot, others have four decimals; all are
/// in scientific notation where one is beyond 1e8 or below 1e-4, or more than a thousand times another. Rows after the
/// first are indented by `indent`. More than 1,000 elements are summarised: three at each end of a dim.
std::string print(DType dtype, const void* elements, const Shape& shape, std::int64_t indent);

}  // namespace xtape::kernels
