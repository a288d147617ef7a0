// IDX files: two zero bytes, the element type, the number of dims, the extents as 32 bits each, then the elements, all
// big-endian. The header's extents are checked against what the file can hold before memory is allocated.
#include "xtape/data/idx.hpp"

#include <algorithm>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"
#include "io/array.hpp"
#include "io/inflate.hpp"
#include "ops/checks.hpp"

namespace xtape::data {

namespace {

struct ElementType {
  std::uint8_t code;
  std::uint8_t size;  // of an element in the file, in bytes; one of int8 and int16 becomes an int32
  DType dtype;
  const char* name;
};
constexpr ElementType element_types[] = {{0x08, 1, DType::uint8, "uint8"},     {0x09, 1, DType::int32, "int8"},
                                         {0x0b, 2, DType::int32, "int16"},     {0x0c, 4, DType::int32, "int32"},
                                         {0x0d, 4, DType::float32, "float32"}, {0x0e, 8, DType::float64, "float64"}};

constexpr std::int64_t most_extent = 0xffffffff;

std::uint32_t from_big_endian(const unsigned char* b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

void to_big_endian(std::int64_t value, unsigned char* b) {
  for (int i = 0; i < 4; ++i) b[i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}

// ---- reading -----------------------------------------------------------------------------------------------------

struct IdxHeader {
  const ElementType* type;
  Shape shape;
  std::int64_t bytes;  // of the elements in the file
};

IdxHeader read_header(io::ByteSource& file) {
  unsigned char bytes[4 * Shape::max_dim];
  file.read(bytes, 4, "the magic number");
  const int code = bytes[2], rank = bytes[3];
  const auto* const type = std::find_if(std::begin(element_types), std::end(element_types),
                                        [code](const ElementType& t) { return t.code == code; });
  if (bytes[0] != 0 || bytes[1] != 0 || type == std::end(element_types)) {
    fail<FileError>(file.op(), "\"{}\" is not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x}", file.path(),
                    bytes[0], bytes[1], code, rank);
  }
  if (rank < 1 || rank > Shape::max_dim) {
    fail<FileError>(file.op(), "\"{}\" has {} dims, expected 1 to {}", file.path(), rank, Shape::max_dim);
  }
  file.read(bytes, 4 * rank, "the header");
  Shape shape;
  for (int d = 0; d < rank; ++d) shape.push_back(from_big_endian(bytes + 4 * d));
  return {type, shape, io::checked_bytes(file, type->name, shape, type->size)};
}

/// Spreads n integers of one or two bytes, which fill the end of an int32 tensor, over all of it: from the front, where
/// no integer is written over before it is read.
void widen(std::int32_t* to, std::int64_t n, std::int64_t size) {
  const auto* from = reinterpret_cast<const unsigned char*>(to) + (4 - size) * n;
  for (std::int64_t i = 0; i < n; ++i, from += size) {
    to[i] = size == 1 ? static_cast<std::int8_t>(from[0]) : static_cast<std::int16_t>(from[0] << 8 | from[1]);
  }
}

// ---- writing -----------------------------------------------------------------------------------------------------

const ElementType& type_to_write(const char* op, DType dtype) {
  for (const ElementType& type : element_types) {
    if (type.dtype == dtype && type.size == itemsize(dtype)) return type;
  }
  fail<DTypeError>(op, "IDX has no elements of {}; convert the tensor, as by to({})", dtype,
                   dtype == DType::bool_ ? DType::uint8 : DType::int32);
}

/// The elements, a piece at a time: their bytes are reversed in a copy.
void write_big_endian(io::AtomicFile& file, const Tensor& t) {
  const std::int64_t size = itemsize(t.dtype()), bytes = t.numel() * size;
  if (size == 1) return file.write(t.impl()->data, bytes);
  std::byte piece[1 << 15];
  for (std::int64_t done = 0; done < bytes;) {
    const auto n = std::min<std::int64_t>(sizeof piece, bytes - done);
    std::copy_n(t.impl()->data + done, n, piece);
    io::reverse_bytes(piece, n, size);
    file.write(piece, n);
    done += n;
  }
}

}  // namespace

Tensor read_idx(const std::string& path) {
  io::PlainOrGzipReader file("read_idx", path);
  const auto [type, shape, bytes] = read_header(file);
  const Tensor y = io::make_array(file, "the array", shape, type->dtype);
  const std::int64_t room = y.numel() * itemsize(type->dtype);
  file.read(y.impl()->data + (room - bytes), bytes, "the data");
  io::expect_end(file);
  if (bytes != room) {
    widen(xtape::detail::elements<std::int32_t>(y), y.numel(), type->size);
  } else {
    io::reverse_bytes(y.impl()->data, bytes, type->size);
  }
  return y;
}

void write_idx(const std::string& path, const Tensor& t) {
  constexpr const char* op = "write_idx";
  xtape::detail::check_defined(op, t);
  const ElementType& type = type_to_write(op, t.dtype());
  const Shape shape = t.shape();
  if (shape.empty()) fail<ShapeError>(op, "a file has 1 to {} dims, got a tensor of shape ()", Shape::max_dim);
  if (path.ends_with(".gz")) {
    fail<FileError>(op, "\"{}\": files are written without compression; leave out .gz", path);
  }
  unsigned char header[4 + 4 * Shape::max_dim] = {0, 0, type.code, static_cast<unsigned char>(shape.size())};
  for (std::int64_t d = 0; d < shape.size(); ++d) {
    if (shape[d] > most_extent) fail<ShapeError>(op, "an extent is at most {}, got shape {}", most_extent, shape);
    to_big_endian(shape[d], header + 4 + 4 * d);
  }
  io::AtomicFile file(op, path);
  file.write(header, 4 + 4 * shape.size());
  write_big_endian(file, t);
  file.commit();
}

}  // namespace xtape::data
