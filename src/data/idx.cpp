// Reading IDX files. The header's extents are checked against what the file can hold before memory is allocated.
#include "xtape/data/idx.hpp"

#include <algorithm>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/inflate.hpp"

namespace xtape::data {

namespace {

/// The extents in the header; checked against what the source can hold.
Shape read_header(io::ByteSource& file) {
  unsigned char bytes[4 * Shape::max_dim];
  file.read(bytes, 4, "the magic number");
  const int type = bytes[2], rank = bytes[3];
  if (bytes[0] != 0 || bytes[1] != 0 || type < 0x08 || type > 0x0e || type == 0x0a) {
    fail<FileError>(file.op(), "\"{}\" is not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x}", file.path(),
                    bytes[0], bytes[1], type, rank);
  }
  if (type != 0x08) {
    fail<FileError>(file.op(), "\"{}\" has elements of type 0x{:02x}, only 0x08 (uint8) is read", file.path(), type);
  }
  if (rank < 1 || rank > Shape::max_dim) {
    fail<FileError>(file.op(), "\"{}\" has {} dims, expected 1 to {}", file.path(), rank, Shape::max_dim);
  }
  file.read(bytes, 4 * rank, "the header");
  Shape shape;
  for (int d = 0; d < rank; ++d) {
    const unsigned char* b = bytes + 4 * d;
    shape.push_back(std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3]);
  }
  const std::optional<std::int64_t> size = io::bytes_of(shape, 1);
  if (!size || *size > file.most_left()) {
    fail<FileError>(file.op(), "\"{}\" is truncated or damaged: its header says {}, more than it can hold", file.path(),
                    shape);
  }
  return shape;
}

}  // namespace

Tensor read_idx(const std::string& path) {
  io::PlainOrGzipReader file("read_idx", path);
  const Tensor y = io::make_array(file, "the array", read_header(file), DType::uint8);
  file.read(y.impl()->data, y.numel(), "the data");
  if (char more; file.read_some(&more, 1) != 0) {
    fail<FileError>(file.op(), "\"{}\" has data after the array, at byte {}", path, file.offset() - 1);
  }
  return y;
}

}  // namespace xtape::data
