// ZIP archives from a fuzzer's bytes, whose checksums and offsets are right: so that what they hold is read, too.
#pragma once

#include <zlib.h>

#include <string>

#include "fuzz/harness.hpp"

namespace xtape::fuzz {

/// Raw deflate at a level from 0 to 9.
inline std::string deflated(const std::string& bytes, int level) {
  z_stream stream{};
  expect(deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // which deflate does not write
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class Archive {
 public:
  /// Adds an entry. The bits of `form` say how: 0 to 3 the level, if it is deflated (bit 4); whether its sizes follow
  /// its contents (5) or stand in ZIP64 fields (6), and whether it has another extra field (7).
  void add(const std::string& name, const std::string& contents, unsigned form) {
    const bool is_deflated = form & 0x10, is_late = form & 0x20, is_zip64 = form & 0x40;
    const std::string packed = is_deflated ? deflated(contents, static_cast<int>(form % 10)) : contents;
    const std::uint64_t sizes[] = {contents.size(), packed.size()};
    std::string extra = form & 0x80 ? number(0xcafe, 2) + number(3, 2) + "abc" : "";
    if (is_zip64) extra += number(1, 2) + number(16, 2) + number(sizes[0], 8) + number(sizes[1], 8);
    const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size());
    const std::string fixed = number(45, 2) + number(0x800 | (is_late ? 8 : 0), 2) + number(is_deflated ? 8 : 0, 2) +
                              number(0, 4);  // version, flags, method, time
    const auto numbers = [&](bool blank) {
      const std::uint64_t all_ones = 0xffffffff;
      return number(blank ? 0 : crc, 4) +
             number(is_zip64 ? all_ones
                    : blank  ? 0
                             : sizes[1],
                    4) +
             number(is_zip64 ? all_ones
                    : blank  ? 0
                             : sizes[0],
                    4) +
             number(name.size(), 2) + number(extra.size(), 2);
    };
    directory_ += "PK\1\2" + number(45, 2) + fixed + numbers(false) + std::string(10, '\0') + number(bytes_.size(), 4) +
                  name + extra;
    bytes_ += "PK\3\4" + fixed + numbers(is_late) + name + extra + packed;
    if (is_late) bytes_ += "PK\7\b" + number(crc, 4) + number(sizes[1], 4) + number(sizes[0], 4);
    ++entries_;
  }

  /// The whole archive, ended by a ZIP64 record where asked for.
  std::string bytes(bool is_zip64) const {
    std::string out = bytes_ + directory_;
    const std::string place = number(directory_.size(), 4) + number(bytes_.size(), 4);
    if (is_zip64) {
      const std::size_t end64 = out.size();
      out += "PK\6\6" + number(44, 8) + number(45, 2) + number(45, 2) + std::string(8, '\0') + number(entries_, 8) +
             number(entries_, 8) + number(directory_.size(), 8) + number(bytes_.size(), 8);
      out += "PK\6\7" + number(0, 4) + number(end64, 8) + number(1, 4);
    }
    return out + "PK\5\6" + std::string(4, '\0') + number(entries_, 2) + number(entries_, 2) + place + number(0, 2);
  }

 private:
  static std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
    return out;
  }

  std::string bytes_, directory_;
  std::uint64_t entries_ = 0;
};

inline Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace xtape::fuzz
