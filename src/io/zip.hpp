// ZIP archives: what NumPy's .npz and PyTorch's .pt files are made of.
//
// The central directory at the end says which entries there are. What else an archive says of an entry, in the header
// before its bytes, must agree with it. Entries that a ZipReader lists have names that differ, lie apart from each
// other and before the directory, and declare no more bytes than theirs can be inflated to. Names are only names: they
// are never used as paths.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.hpp"

namespace xtape::io {

struct ZipEntry {
  std::string name;                            // UTF-8, not empty, without NUL
  std::int64_t offset = 0, end = 0;            // of its header; where the next entry or the directory begins
  std::int64_t size = 0, compressed_size = 0;  // of its contents, in memory and in the file
  std::uint32_t crc = 0;
  bool is_deflated = false;  // or stored as it is
};

class ZipReader {
 public:
  /// Reads the directory of `file`, which must outlive the reader and what it opens. FileError for what is no archive,
  /// breaks a rule, or uses what is not read: encryption, archives of several parts, methods other than stored and
  /// deflated, names that are neither ASCII nor marked as UTF-8.
  explicit ZipReader(FileReader& file);
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  /// In the directory's order.
  std::span<const ZipEntry> entries() const noexcept { return entries_; }
  const ZipEntry* find(std::string_view name) const noexcept;
  /// The contents of an entry. Several may be open and read in turns. FileError, here or while it is read, where the
  /// entry's header contradicts the directory, or its bytes the entry's size or CRC-32. That is known when the last
  /// byte has been read. The source's path is "PATH: NAME", and its offset counts from the start of the contents.
  std::unique_ptr<ByteSource> open(const ZipEntry& entry) const;

 private:
  void read_directory(std::int64_t begin, std::int64_t end, std::uint64_t count);
  void expect_room(std::int64_t directory);
  void sort_names();

  FileReader& file_;
  std::vector<ZipEntry> entries_;
  std::vector<const ZipEntry*> by_name_;
};

}  // namespace xtape::io
