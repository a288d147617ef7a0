// The elements of an array in a file: room for them, and the truths among them.
#pragma once

#include <cstdint>
#include <string>

#include "io/file.hpp"
#include "xtape/tensor.hpp"

namespace xtape::io {

/// A tensor to read `name` into. FileError where there is no memory for it, or its shape has too many elements to
/// count.
Tensor make_array(const ByteSource& file, const std::string& name, const Shape& shape, DType dtype);
/// Reads `n` bools. FileError for a byte that is neither 0 nor 1.
void read_truths(ByteSource& file, const std::string& name, std::byte* to, std::int64_t n);

}  // namespace xtape::io
