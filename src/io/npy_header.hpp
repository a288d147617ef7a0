// The header of a .npy file: a magic string, a version, a length, and a Python dict with dtype, order and shape.
#pragma once

#include <string>

#include "io/file.hpp"
#include "xtape/dtype.hpp"
#include "xtape/shape.hpp"

namespace xtape::io {

struct NpyHeader {
  DType dtype = DType::float32;
  bool is_big_endian = false;
  bool is_fortran_order = false;
  Shape shape;
};

/// Reads and checks a header; FileError for what does not keep the format's rules or has another dtype.
NpyHeader read_npy_header(ByteSource& file);
/// The header of a file in C order, padded to a multiple of 64 bytes.
std::string npy_header_text(DType dtype, const Shape& shape);

}  // namespace xtape::io
