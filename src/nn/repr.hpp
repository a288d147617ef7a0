// Options of layers as Python writes them, for extra_repr.
#pragma once

#include <string>

#include "xtape/shape.hpp"
#include "xtape/size2d.hpp"

namespace xtape::nn {

/// "True" or "False".
const char* repr(bool value);
/// The shortest text that gives the value back, never that of an integer: "0.1", "1.0", "1e-05".
std::string repr(double value);
/// A tuple: "(3,)", "(3, 4)".
std::string repr(const Shape& shape);
/// One number, or a tuple of two that differ: what pooling layers print.
std::string repr(Size2d size);
/// Always a tuple: what convolutions print.
std::string repr_of_pair(Size2d size);

}  // namespace xtape::nn
