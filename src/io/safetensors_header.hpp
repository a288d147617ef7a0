// The header of a safetensors file: eight bytes with its length, then JSON that says of each tensor which dtype, which
// shape and which bytes of the rest of the file. A header that read_header returns keeps every rule of the format.
#pragma once

#include <string>
#include <vector>

#include "io/array.hpp"
#include "io/file.hpp"
#include "xtape/io/safetensors.hpp"

namespace xtape::io {

constexpr std::int64_t max_header_size = 100'000'000;  // the format's limit
constexpr std::int64_t max_text_size = 2'000'000;      // of one name or text: parsing takes four times as much
constexpr const char* metadata_key = "__metadata__";

/// The format's name: "F32".
const char* name_of(Stored stored) noexcept;

struct StoredTensor {
  std::string name;
  Stored stored = Stored::f32;
  Shape shape;
  std::int64_t begin = 0, end = 0;  // bytes from the start of the data
};

struct Header {
  std::vector<StoredTensor> tensors;  // in the header's order
  Metadata metadata;
  std::int64_t data = 0;  // where the tensors' bytes begin in the file
};

/// Reads and checks the header; the file's size must be what it says. FileError otherwise.
Header read_header(FileReader& file);
/// The header's bytes, with its length before and spaces behind, up to a multiple of eight. Tensors are written in the
/// given order. ValueError for a text that is not UTF-8.
std::string header_text(const char* op, const std::vector<StoredTensor>& tensors, const Metadata& metadata);

}  // namespace xtape::io
