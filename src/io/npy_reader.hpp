// Reading an array of NumPy's from a file, or from a part of one.
#pragma once

#include "io/file.hpp"
#include "xtape/tensor.hpp"

namespace xtape::io {

/// The array of a source, which must end with it. FileError as in load_npy.
Tensor read_npy(ByteSource& file);

}  // namespace xtape::io
