// Files as bytes in memory. Only regular files: a FIFO or a device neither blocks nor is read without end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xtape::images {

constexpr std::int64_t most_file_bytes = std::int64_t{1} << 28;

struct FileBytes {
  std::vector<std::uint8_t> bytes;
  bool is_whole = true;
};

/// The first `most` bytes of the file, or all. FileError.
FileBytes read_file(const char* op, const std::string& path, std::int64_t most = most_file_bytes);

/// The path in quotes, for errors.
std::string in_quotes(const std::string& path);

}  // namespace xtape::images
