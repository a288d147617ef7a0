// IDX files, the format of MNIST and similar data sets: a header of big-endian extents, then the elements.
#pragma once

#include <string>

#include "xtape/detail/unqualified_data.hpp"
#include "xtape/export.hpp"
#include "xtape/tensor.hpp"

namespace xtape::data {

/// The array of an IDX file, plain or compressed by gzip (told apart by content, not by name). Elements of uint8,
/// int32, float32 and float64 keep their type; those of int8 and int16 become int32. FileError, with the path, when the
/// file is missing, unreadable, truncated, longer than its header says, damaged (gzip's checksum) or of another format.
/// The elements are allocated only after the header's extents are found to be possible. A gzip file may have several
/// members, whose contents follow each other, and zero bytes behind the last one; anything else there is refused.
XTAPE_API Tensor read_idx(const std::string& path);
/// Writes `t`, of uint8, int32, float32 or float64 and of 1 to 8 dims, without compression; a path that ends in .gz is
/// refused. An existing file is replaced as a whole or, if this throws, not at all. DTypeError, ShapeError; FileError
/// when writing fails.
XTAPE_API void write_idx(const std::string& path, const Tensor& t);

}  // namespace xtape::data
