// Inputs of a model as pictures.
#pragma once

#include <optional>

#include "report/png.hpp"
#include "xtape/tensor.hpp"

namespace xtape::report {

/// A picture of (H, W), (1, H, W) or (3, H, W), of a vector of 64 or more numbers that is a square's, as that of a
/// flattened (28, 28), or nothing if the input is none of these, or neither of a floating dtype nor uint8. Values in
/// [0, 1], or [0, 255] of uint8, are taken as they are; others, as after a normalization, from their smallest as black
/// to their largest as white. A picture of more than 96 pixels a side is made smaller by a whole factor.
std::optional<Picture> picture_of(const Tensor& input);

}  // namespace xtape::report
