// NumPy's files of one array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <string>

#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::io {

/// Writes `t` to `path`, for numpy.load. An existing file is replaced as a whole or, if this throws, not at all.
/// FileError when that fails.
XTAPE_API void save_npy(const std::string& path, const Tensor& t);
/// The array of a file of version 1, 2 or 3, as a new tensor: bool, uint8, int32, int64, float32 or float64, of either
/// byte order, in C or Fortran order. FileError, with the path and the reason, for a file that is missing, truncated or
/// malformed, and for any other dtype; pickled objects are never read.
XTAPE_API Tensor load_npy(const std::string& path);

}  // namespace xtape::io
