// The elements of an array in a file: room for them, the order of their bytes, and the truths among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/file.hpp"
#include "xtape/tensor.hpp"

namespace xtape::io {

/// The bytes of an array whose elements take `itemsize` bytes; nothing if its extents, those of 0 left out, have more
/// than can be counted: an extent of 0 does not excuse an impossible one.
std::optional<std::int64_t> bytes_of(const Shape& shape, std::int64_t itemsize);
/// A tensor to read `name` into. FileError where there is no memory for it, or its shape has too many elements to
/// count.
Tensor make_array(const ByteSource& file, const std::string& name, const Shape& shape, DType dtype);
/// Turns elements of `itemsize` bytes, 1, 4 or 8, from big-endian to little-endian, which is the machine's order, or
/// back.
void reverse_bytes(std::byte* x, std::int64_t bytes, std::int64_t itemsize);
/// Reads `n` bools. FileError for a byte that is neither 0 nor 1.
void read_truths(ByteSource& file, const std::string& name, std::byte* to, std::int64_t n);

}  // namespace xtape::io
