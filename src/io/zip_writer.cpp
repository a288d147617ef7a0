#include "io/zip_writer.hpp"

#include <algorithm>
#include <initializer_list>

#include "io/text.hpp"
#include "io/zip_format.hpp"

namespace xtape::io {

namespace {

constexpr unsigned plain_version = 20, zip64_version = 45;  // of the format, times ten, that a reader must know

struct Number {
  std::uint64_t value;
  int bytes;
};

/// Appends little-endian numbers.
void append(std::string& to, std::initializer_list<Number> numbers) {
  for (const Number& number : numbers) {
    for (int i = 0; i < number.bytes; ++i) to += static_cast<char>(number.value >> 8 * i & 0xff);
  }
}

/// The extra field that holds those of `values` that do not fit 32 bits; empty if all fit.
std::string zip64_field(std::initializer_list<std::uint64_t> values) {
  std::string data, field;
  for (std::uint64_t value : values) {
    if (value >= zip::most32) append(data, {{value, 8}});
  }
  if (!data.empty()) append(field, {{zip::zip64_id, 2}, {data.size(), 2}});
  return field + data;
}

/// What both headers of an entry hold. The date is the first that the format knows: equal arrays make equal files.
void append_common(std::string& to, const ZipEntry& entry, unsigned version, std::size_t extra_size) {
  constexpr unsigned first_date = 0x21;  // 1980-01-01
  const std::uint64_t size = std::min(static_cast<std::uint64_t>(entry.size), zip::most32);
  const unsigned flags = is_ascii(entry.name) ? 0 : zip::utf8;
  append(to, {{version, 2}, {flags, 2}, {0, 2}, {0, 2}, {first_date, 2}, {entry.crc, 4}, {size, 4}, {size, 4}});
  append(to, {{entry.name.size(), 2}, {extra_size, 2}});
}

std::string central_header_text(const ZipEntry& entry) {
  const auto size = static_cast<std::uint64_t>(entry.size), offset = static_cast<std::uint64_t>(entry.offset);
  const std::string extra = zip64_field({size, size, offset});
  const unsigned version = extra.empty() ? plain_version : zip64_version;
  std::string text(zip::central_magic);
  append(text, {{version, 2}});  // written as on MS-DOS: no file attributes
  append_common(text, entry, version, extra.size());
  append(text, {{0, 2}, {0, 2}, {0, 2}, {0, 4}, {std::min(offset, zip::most32), 4}});
  return text + entry.name + extra;
}

}  // namespace

std::string local_header_text(const ZipEntry& entry) {
  const auto size = static_cast<std::uint64_t>(entry.size);
  const std::string extra = zip64_field({size, size});
  std::string text(zip::local_magic);
  append_common(text, entry, extra.empty() ? plain_version : zip64_version, extra.size());
  return text + entry.name + extra;
}

std::string directory_text(const std::vector<ZipEntry>& entries, std::int64_t begin) {
  std::string text;
  for (const ZipEntry& entry : entries) text += central_header_text(entry);
  const std::uint64_t count = entries.size(), size = text.size(), offset = static_cast<std::uint64_t>(begin);
  if (count >= zip::most16 || size >= zip::most32 || offset >= zip::most32) {
    text += zip::end64_magic;
    append(text, {{zip::end64_size - 12, 8}, {zip64_version, 2}, {zip64_version, 2}, {0, 4}, {0, 4}});
    append(text, {{count, 8}, {count, 8}, {size, 8}, {offset, 8}});
    text += zip::locator_magic;
    append(text, {{0, 4}, {offset + size, 8}, {1, 4}});
  }
  const std::uint64_t count16 = std::min(count, zip::most16);
  text += zip::end_magic;
  append(text, {{0, 2},
                {0, 2},
                {count16, 2},
                {count16, 2},
                {std::min(size, zip::most32), 4},
                {std::min(offset, zip::most32), 4}});
  append(text, {{0, 2}});
  return text;
}

void ZipWriter::begin_entry(std::string name, std::int64_t size, std::uint32_t crc) {
  ZipEntry entry{std::move(name), offset_, 0, size, size, crc, false};
  const std::string header = local_header_text(entry);
  write(header.data(), static_cast<std::int64_t>(header.size()));
  entries_.push_back(std::move(entry));
}

void ZipWriter::write(const void* from, std::int64_t n) {
  file_.write(from, n);
  offset_ += n;
}

void ZipWriter::finish() {
  const std::string directory = directory_text(entries_, offset_);
  file_.write(directory.data(), static_cast<std::int64_t>(directory.size()));
}

}  // namespace xtape::io
