// The elements of an array in a file: how they are stored, room for them, the order of their bytes, and reading them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/file.hpp"
#include "xtape/tensor.hpp"

namespace xtape::io {

/// How elements are stored; the first six are in the order of DType.
enum class Stored : std::uint8_t { boolean, u8, i32, i64, f32, f64, f16, bf16 };

std::int64_t size_of(Stored stored) noexcept;
/// The dtype in memory: float32 for f16 and bf16.
DType dtype_of_stored(Stored stored) noexcept;

/// The bytes of an array whose elements take `itemsize` bytes; nothing if its extents, those of 0 left out, have more
/// than can be counted: an extent of 0 does not excuse an impossible one.
std::optional<std::int64_t> bytes_of(const Shape& shape, std::int64_t itemsize);
/// The bytes that an array of `type` takes in the file. FileError where the file cannot hold them.
std::int64_t checked_bytes(const ByteSource& file, const char* type, const Shape& shape, std::int64_t itemsize);
/// A tensor to read `name` into. FileError where there is no memory for it, or its shape has too many elements to
/// count.
Tensor make_array(const ByteSource& file, const std::string& name, const Shape& shape, DType dtype);
/// Turns elements of `itemsize` bytes, 1, 4 or 8, from big-endian to little-endian, which is the machine's order, or
/// back.
void reverse_bytes(std::byte* x, std::int64_t bytes, std::int64_t itemsize);
/// Reads all elements of y, whose dtype is dtype_of_stored(stored). FileError for a bool that is neither 0 nor 1.
void read_elements(ByteSource& file, const std::string& name, Stored stored, const Tensor& y);
/// FileError unless the array was the last of the file.
void expect_end(ByteSource& file);

}  // namespace xtape::io
