// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT describes the format; the numbers of sections below are
// its own.
#include "io/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

#include "core/fail.hpp"
#include "io/crc32.hpp"
#include "io/inflate.hpp"
#include "io/text.hpp"
#include "io/zip_format.hpp"

namespace xtape::io {

namespace {

constexpr std::int64_t local_size = 30, central_size = 46, end_size = 22, locator_size = 20;
constexpr std::int64_t longest_comment = 0xffff;
constexpr unsigned encrypted = 0x2041, level_bits = 0x6, has_descriptor = 0x8;  // flags (4.4.4)

template <class... Args>
[[noreturn]] void reject_zip(const ByteSource& file, fmt::format_string<Args...> format, Args&&... args) {
  fail<FileError>(file.op(), "\"{}\": the archive is damaged: {}", file.path(),
                  xtape::detail::format_line(format, args...));
}

/// Little-endian numbers, one after another. The caller knows that they are there.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : at_(bytes.data()) {}

  std::uint64_t take(int bytes) {
    std::uint64_t number = 0;
    for (int i = 0; i < bytes; ++i) number |= std::uint64_t{static_cast<unsigned char>(*at_++)} << 8 * i;
    return number;
  }
  unsigned u16() { return static_cast<unsigned>(take(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(take(4)); }
  void skip(int bytes) { at_ += bytes; }

 private:
  const char* at_;
};

// ---- the end of the archive (4.3.14 to 4.3.16) -------------------------------------------------------------------

/// This part's number, that of the directory's part, entries in this part, entries, size and offset of the directory.
using EndNumbers = std::array<std::uint64_t, 6>;

EndNumbers read_numbers(std::string_view bytes, const std::array<int, 6>& sizes) {
  Numbers from(bytes);
  EndNumbers numbers;
  for (std::size_t i = 0; i < sizes.size(); ++i) numbers[i] = from.take(sizes[i]);
  return numbers;
}

struct Directory {
  std::int64_t begin, end;
  std::uint64_t count;
};

/// The last bytes of the file, from `begin` on, with the records that end the archive.
class ArchiveEnd {
 public:
  explicit ArchiveEnd(FileReader& file) : file_(file) {
    const std::int64_t size =
        std::min<std::int64_t>(file.size(), zip::end64_size + locator_size + end_size + longest_comment);
    begin_ = file.size() - size;
    bytes_.resize(static_cast<std::size_t>(size));
    file.seek(begin_);
    file.read(bytes_.data(), size, "the end of the archive");
    const std::size_t at = size < end_size ? std::string_view::npos
                                           : bytes_.rfind(zip::end_magic, static_cast<std::size_t>(size - end_size));
    if (at == std::string_view::npos) {
      fail<FileError>(file.op(), "\"{}\" is truncated or damaged: the archive has no end record", file.path());
    }
    end_record_ = static_cast<std::int64_t>(at);
  }

  Directory directory() const {
    const std::int64_t end = begin_ + end_record_ + end_size + Numbers(from(end_record_ + 20)).u16();
    if (end != file_.size()) {
      reject_zip(file_, "its comment ends at byte {}, the file at {}", end, file_.size());
    }
    EndNumbers numbers = read_numbers(from(end_record_ + 4), {2, 2, 2, 2, 4, 4});
    const bool is_zip64 = has_locator();
    if (is_zip64) widen(numbers);
    const auto& [part, directory_part, count_here, count, size, offset] = numbers;
    if (part != 0 || directory_part != 0 || count_here != count) {
      fail<FileError>(file_.op(), "\"{}\" is a part of an archive of several files, which is not read", file_.path());
    }
    const std::int64_t limit = begin_ + end_record_ - (is_zip64 ? locator_size + zip::end64_size : 0);
    if (size > static_cast<std::uint64_t>(limit) || offset != static_cast<std::uint64_t>(limit) - size) {
      reject_zip(file_, "its directory of {} bytes at byte {} does not end at byte {}", size, offset, limit);
    }
    if (count > size / central_size) reject_zip(file_, "{} entries do not fit into {} bytes", count, size);
    return {static_cast<std::int64_t>(offset), limit, count};
  }

 private:
  std::string_view from(std::int64_t at) const { return std::string_view(bytes_).substr(static_cast<std::size_t>(at)); }

  bool has_locator() const {
    return end_record_ >= locator_size && from(end_record_ - locator_size).starts_with(zip::locator_magic);
  }

  /// Takes the numbers of the ZIP64 record. The end record has the same, or says by a number of ones to look there.
  void widen(EndNumbers& numbers) const {
    Numbers locator(from(end_record_ - locator_size + 4));
    locator.skip(4);
    const std::uint64_t offset = locator.take(8);
    const std::int64_t at = end_record_ - locator_size - zip::end64_size;
    if (at < 0 || offset != static_cast<std::uint64_t>(begin_ + at) || !from(at).starts_with(zip::end64_magic) ||
        Numbers(from(at + 4)).take(8) != zip::end64_size - 12) {
      reject_zip(file_, "its ZIP64 end record is not the {} bytes before the locator at byte {}", zip::end64_size,
                 begin_ + at + zip::end64_size);
    }
    const EndNumbers wide = read_numbers(from(at + 16), {4, 4, 8, 8, 8, 8});
    for (std::size_t i = 0; i < wide.size(); ++i) {
      const bool is_elsewhere = numbers[i] == (i < 4 ? zip::most16 : zip::most32);
      if (numbers[i] != wide[i] && !is_elsewhere) {
        reject_zip(file_, "its two end records differ: {} and {}", wide[i], numbers[i]);
      }
      numbers[i] = wide[i];
    }
  }

  FileReader& file_;
  std::string bytes_;
  std::int64_t begin_ = 0, end_record_ = 0;  // the second counts from the first
};

// ---- headers of entries (4.3.7 and 4.3.12) -----------------------------------------------------------------------

/// What both headers of an entry hold. Sizes are those of the ZIP64 field once widen_sizes was called.
struct EntryHeader {
  explicit EntryHeader(Numbers& from) {
    from.skip(2);
    flags = from.u16();
    method = from.u16();
    from.skip(4);
    crc = from.u32();
    compressed_size = from.u32();
    size = from.u32();
    name_size = from.u16();
    extra_size = from.u16();
  }

  unsigned flags, method;
  std::uint32_t crc;
  std::uint64_t compressed_size, size;
  unsigned name_size, extra_size;
};

/// Replaces the numbers that are all ones by those of the ZIP64 field, in its order (4.5.3). `name`: of the entry.
void widen(const ByteSource& file, const std::string& name, std::string_view extra,
           std::initializer_list<std::uint64_t*> numbers) {
  bool is_found = false;
  while (extra.size() >= 4) {  // writers align by fewer bytes, too
    Numbers head(extra);
    const unsigned id = head.u16(), size = head.u16();
    extra.remove_prefix(4);
    if (size > extra.size()) {
      reject_zip(file, "an extra field of {} has only {} of its {} bytes", shown(name), extra.size(), size);
    }
    std::string_view field = extra.substr(0, size);
    extra.remove_prefix(size);
    if (id != zip::zip64_id) continue;
    if (is_found) reject_zip(file, "{} has two ZIP64 fields", shown(name));
    is_found = true;
    for (std::uint64_t* number : numbers) {
      if (*number != zip::most32) continue;
      if (field.size() < 8) reject_zip(file, "the ZIP64 field of {} is too short", shown(name));
      *number = Numbers(field).take(8);
      field.remove_prefix(8);
    }
  }
}

const char* name_of_method(unsigned method) noexcept {
  switch (method) {
    case 9: return " (Deflate64)";
    case 12: return " (BZIP2)";
    case 14: return " (LZMA)";
    case 93: return " (Zstandard)";
    case 95: return " (XZ)";
    default: return "";
  }
}

void expect_readable(const ByteSource& file, const std::string& name, const EntryHeader& header) {
  if (header.flags & encrypted) {
    fail<FileError>(file.op(), "\"{}\": {} is encrypted, which is not read", file.path(), shown(name));
  }
  if (header.flags & ~(level_bits | has_descriptor | zip::utf8)) {
    fail<FileError>(file.op(), "\"{}\": {} has the flags {:#06x}; encryption, patches and the like are not read",
                    file.path(), shown(name), header.flags);
  }
  if (header.method != 0 && header.method != Z_DEFLATED) {
    fail<FileError>(file.op(), "\"{}\": {} is compressed by method {}{}; stored and deflated entries are read",
                    file.path(), shown(name), header.method, name_of_method(header.method));
  }
}

void expect_name(const ByteSource& file, const std::string& name, unsigned flags, std::uint64_t index) {
  if (name.empty()) reject_zip(file, "entry {} has no name", index);
  if (name.find('\0') != std::string::npos) reject_zip(file, "the name {} has a NUL byte", shown(name));
  if (is_ascii(name)) return;
  if (!(flags & zip::utf8)) {
    fail<FileError>(file.op(), "\"{}\": the name {} is neither ASCII nor marked as UTF-8; no other encoding is read",
                    file.path(), shown(name));
  }
  if (!is_utf8(name)) reject_zip(file, "the name {} is not UTF-8", shown(name));
}

/// An entry of the directory with sizes that are possible. Its offset is checked where all of them are known.
ZipEntry checked_entry(const FileReader& file, std::string name, const EntryHeader& header, std::uint64_t offset) {
  const auto limit = static_cast<std::uint64_t>(file.size());
  if (offset > limit || header.compressed_size > limit) {
    reject_zip(file, "{} of {} bytes at byte {} is not in the file of {} bytes", shown(name), header.compressed_size,
               offset, limit);
  }
  const bool is_deflated = header.method == Z_DEFLATED;
  const auto compressed = static_cast<std::int64_t>(header.compressed_size);
  if (!is_deflated && header.size != header.compressed_size) {
    reject_zip(file, "{} is stored as it is, but has two sizes, {} and {}", shown(name), header.size, compressed);
  }
  if (is_deflated && header.size > static_cast<std::uint64_t>(most_inflated(compressed))) {
    reject_zip(file, "{} cannot have {} bytes: {} deflated ones become at most {}", shown(name), header.size,
               compressed, most_inflated(compressed));
  }
  return {std::move(name),
          static_cast<std::int64_t>(offset),
          0,
          static_cast<std::int64_t>(header.size),
          compressed,
          header.crc,
          is_deflated};
}

/// The entry's own header says what the directory says. One that was written before its numbers were known has zeros
/// instead (a data descriptor with the numbers follows the contents; it is not read).
void expect_agreement(const FileReader& file, const ZipEntry& entry, const EntryHeader& header) {
  const bool may_be_zero = (header.flags & has_descriptor) != 0;
  const auto expect_same = [&file, &entry](const char* what, std::uint64_t here, std::uint64_t there) {
    if (here == there) return;
    reject_zip(file, "the header of {} at byte {} has the {} {}, the directory says {}", shown(entry.name),
               entry.offset, what, here, there);
  };
  if (header.crc != entry.crc && !(may_be_zero && header.crc == 0)) {
    reject_zip(file, "the header of {} at byte {} has the CRC-32 {:08x}, the directory says {:08x}", shown(entry.name),
               entry.offset, header.crc, entry.crc);
  }
  expect_same("method", header.method, entry.is_deflated ? Z_DEFLATED : 0);
  if (!may_be_zero || header.size != 0) expect_same("size", header.size, static_cast<std::uint64_t>(entry.size));
  if (!may_be_zero || header.compressed_size != 0) {
    expect_same("compressed size", header.compressed_size, static_cast<std::uint64_t>(entry.compressed_size));
  }
}

/// Reads an entry's own header; returns where its contents begin.
std::int64_t read_local_header(FileReader& file, const ZipEntry& entry) {
  char bytes[local_size];
  if (file.offset() != entry.offset) file.seek(entry.offset);
  file.read(bytes, local_size, "the header of an entry");
  if (!std::string_view(bytes, local_size).starts_with(zip::local_magic)) {
    reject_zip(file, "{} has no header at byte {}", shown(entry.name), entry.offset);
  }
  Numbers numbers({bytes + 4, local_size - 4});
  EntryHeader header(numbers);
  expect_readable(file, entry.name, header);
  const std::int64_t begin = entry.offset + local_size + header.name_size + header.extra_size;
  if (entry.compressed_size > entry.end - begin) {
    reject_zip(file, "{} ends at byte {}, but what follows it begins at byte {}", shown(entry.name),
               begin + entry.compressed_size, entry.end);
  }
  std::string text(header.name_size + header.extra_size, '\0');
  file.read(text.data(), static_cast<std::int64_t>(text.size()), "the header of an entry");
  const std::string local_name = text.substr(0, header.name_size);
  if (local_name != entry.name) {
    reject_zip(file, "the header at byte {} is that of {}, expected {}", entry.offset, shown(local_name),
               shown(entry.name));
  }
  widen(file, entry.name, std::string_view(text).substr(header.name_size), {&header.size, &header.compressed_size});
  expect_agreement(file, entry, header);
  return begin;
}

// ---- contents ----------------------------------------------------------------------------------------------------

/// "PATH: NAME", as errors show it.
std::string path_in(const FileReader& file, const ZipEntry& entry) {
  const std::string name = shown(entry.name);
  return file.path() + ": " + name.substr(1, name.size() - 2);
}

/// The bytes of an entry as they lie in the file.
class StoredBytes final : public ByteSource {
 public:
  StoredBytes(FileReader& file, const ZipEntry& entry, std::int64_t begin)
      : ByteSource(file.op(), path_in(file, entry)), file_(file), begin_(begin), size_(entry.compressed_size) {}

  std::int64_t size() const noexcept { return size_; }
  std::int64_t most_left() const noexcept override { return size_ - offset_; }

 private:
  std::int64_t do_read(void* to, std::int64_t n) override {
    if (file_.offset() != begin_ + offset_) file_.seek(begin_ + offset_);
    return file_.read_some(to, std::min(n, most_left()));
  }

  FileReader& file_;
  const std::int64_t begin_, size_;
};

/// The contents of an entry: as many bytes as the directory says, with its CRC-32.
class EntrySource final : public ByteSource {
 public:
  EntrySource(FileReader& file, const ZipEntry& entry, std::int64_t begin)
      : ByteSource(file.op(), path_in(file, entry)), stored_(file, entry, begin), size_(entry.size), crc_(entry.crc) {
    if (entry.is_deflated) inflated_.emplace(stored_, Wrapper::none);
    if (size_ == 0) expect_end();
  }

  std::int64_t most_left() const noexcept override { return size_ - offset_; }

 private:
  static constexpr std::int64_t chunk = 1 << 18;  // stays in the cache for the CRC-32

  std::int64_t do_read(void* to, std::int64_t n) override {
    n = std::min(n, most_left());
    for (std::int64_t done = 0; done < n;) {
      auto* at = static_cast<unsigned char*>(to) + done;
      const std::int64_t size = std::min(n - done, chunk), got = source().read_some(at, size);
      actual_crc_ = crc32_after(actual_crc_, at, got);
      done += got;
      if (got < size) {
        fail<FileError>(op(), "\"{}\" is damaged: it has {} bytes, the archive says {}", path(), offset_ + done, size_);
      }
    }
    if (n > 0 && n == most_left()) expect_end();
    return n;
  }

  void expect_end() {
    if (inflated_) expect_end_of_stream();
    if (actual_crc_ == crc_) return;
    fail<FileError>(op(), "\"{}\" is damaged: its CRC-32 is {:08x}, the archive says {:08x}{}", path(), actual_crc_,
                    crc_, crc_ == 0 ? " (it may have been written without)" : "");
  }

  void expect_end_of_stream() {
    char more;
    if (inflated_->read_some(&more, 1) != 0) {
      fail<FileError>(op(), "\"{}\" is damaged: it holds more than the {} bytes that the archive says", path(), size_);
    }
    const std::int64_t taken = inflated_->compressed_size();
    if (taken == stored_.size()) return;
    fail<FileError>(op(), "\"{}\" is damaged: its deflate stream has {} bytes, the archive says {}", path(), taken,
                    stored_.size());
  }

  ByteSource& source() noexcept { return inflated_ ? static_cast<ByteSource&>(*inflated_) : stored_; }

  StoredBytes stored_;
  std::optional<InflateSource> inflated_;
  const std::int64_t size_;
  const std::uint32_t crc_;
  std::uint32_t actual_crc_ = 0;
};

}  // namespace

ZipReader::ZipReader(FileReader& file) : file_(file) {
  char bytes[4];
  if (file.offset() != 0) file.seek(0);
  file.read(bytes, 4, "the magic string");
  const std::string_view begin(bytes, 4);
  if (begin != zip::local_magic && begin != zip::end_magic && begin != zip::end64_magic) {
    fail<FileError>(file.op(), "\"{}\" is no ZIP archive: it does not begin with PK\\x03\\x04", file.path());
  }
  const Directory directory = ArchiveEnd(file).directory();
  read_directory(directory.begin, directory.end, directory.count);
  expect_room(directory.begin);
  sort_names();
}

void ZipReader::read_directory(std::int64_t begin, std::int64_t end, std::uint64_t count) {
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  if (file_.offset() != begin) file_.seek(begin);
  file_.read(bytes.data(), end - begin, "the directory");
  entries_.reserve(count);
  std::string_view left = bytes;
  const auto offset = [&left, end] { return end - static_cast<std::int64_t>(left.size()); };
  for (std::uint64_t i = 0; i < count; ++i) {
    if (left.size() < central_size || !left.starts_with(zip::central_magic)) {
      reject_zip(file_, "the directory has no entry {} at byte {}", i, offset());
    }
    Numbers numbers(left.substr(6));
    EntryHeader header(numbers);
    const unsigned comment_size = numbers.u16(), part = numbers.u16();
    numbers.skip(6);
    std::uint64_t place = numbers.u32();
    const std::size_t size = central_size + header.name_size + header.extra_size + comment_size;
    if (size > left.size()) {
      reject_zip(file_, "entry {} of the directory, at byte {}, ends at byte {}, the directory at {}", i, offset(),
                 offset() + static_cast<std::int64_t>(size), end);
    }
    std::string name(left.substr(central_size, header.name_size));
    expect_name(file_, name, header.flags, i);
    expect_readable(file_, name, header);
    if (part != 0) reject_zip(file_, "{} is in part {} of the archive, which has one", shown(name), part);
    widen(file_, name, left.substr(central_size + header.name_size, header.extra_size),
          {&header.size, &header.compressed_size, &place});
    entries_.push_back(checked_entry(file_, std::move(name), header, place));
    left.remove_prefix(size);
  }
  if (!left.empty()) {
    reject_zip(file_, "its directory has {} bytes after the last entry, at byte {}", left.size(), offset());
  }
}

/// No two entries share a byte, and none reaches into the directory. What their own headers hold beyond the name is
/// counted when an entry is opened.
void ZipReader::expect_room(std::int64_t directory) {
  std::vector<ZipEntry*> order;
  order.reserve(entries_.size());
  for (ZipEntry& entry : entries_) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const ZipEntry* a, const ZipEntry* b) {
    return a->offset != b->offset ? a->offset < b->offset : a < b;
  });
  for (std::size_t i = 0; i < order.size(); ++i) {
    ZipEntry& entry = *order[i];
    entry.end = i + 1 < order.size() ? order[i + 1]->offset : directory;
    const auto name_size = static_cast<std::int64_t>(entry.name.size());
    if (entry.compressed_size > entry.end - entry.offset - local_size - name_size) {
      reject_zip(file_, "{} of {} bytes at byte {} reaches into {}", shown(entry.name), entry.compressed_size,
                 entry.offset, i + 1 < order.size() ? shown(order[i + 1]->name) : "the directory");
    }
  }
}

void ZipReader::sort_names() {
  by_name_.reserve(entries_.size());
  for (const ZipEntry& entry : entries_) by_name_.push_back(&entry);
  std::sort(by_name_.begin(), by_name_.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->name < b->name; });
  const auto twice = std::adjacent_find(by_name_.begin(), by_name_.end(),
                                        [](const ZipEntry* a, const ZipEntry* b) { return a->name == b->name; });
  if (twice != by_name_.end()) reject_zip(file_, "{} occurs twice", shown((*twice)->name));
}

const ZipEntry* ZipReader::find(std::string_view name) const noexcept {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                   [](const ZipEntry* entry, std::string_view x) { return entry->name < x; });
  return at != by_name_.end() && (*at)->name == name ? *at : nullptr;
}

std::unique_ptr<ByteSource> ZipReader::open(const ZipEntry& entry) const {
  const std::int64_t begin = read_local_header(file_, entry);
  return std::make_unique<EntrySource>(file_, entry, begin);
}

}  // namespace xtape::io
