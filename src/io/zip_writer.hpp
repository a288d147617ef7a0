// Writing a ZIP archive of stored entries, whose sizes and checksums are known beforehand: every header is exact, and
// no data descriptor follows. Numbers that do not fit 32 bits stand in ZIP64 fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "io/zip.hpp"

namespace xtape::io {

/// The header that precedes the contents of a stored entry.
std::string local_header_text(const ZipEntry& entry);
/// What follows the contents of all entries: the directory, which begins at byte `begin`, and the end of the archive.
std::string directory_text(const std::vector<ZipEntry>& entries, std::int64_t begin);

class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile& file) : file_(file) {}

  /// Begins an entry of `size` bytes with this CRC-32, which must follow by write(). `name` is UTF-8 without NUL, of at
  /// most 65,535 bytes.
  void begin_entry(std::string name, std::int64_t size, std::uint32_t crc);
  void write(const void* from, std::int64_t n);
  /// Writes the directory. The file is still to be committed.
  void finish();

 private:
  AtomicFile& file_;
  std::vector<ZipEntry> entries_;
  std::int64_t offset_ = 0;
};

}  // namespace xtape::io
