// ZIP archives for tests, made from their parts, each field of which can lie.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/deflate.hpp"

namespace xtape::testing {

/// The last `bytes` bytes of a number, in the order of the format.
inline std::string little(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> 8 * i);
  return text;
}

struct ZipMember {
  std::string name, contents;  // what is in the archive: compressed where the method says so
  unsigned method = 0, flags = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  std::string local_name, local_extra = {}, descriptor = {}, central_extra = {}, comment = {};
};

inline ZipMember stored(const std::string& name, const std::string& contents) {
  const auto crc =
      static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size()));
  return {name, contents, 0, 0, contents.size(), crc, name};
}
inline ZipMember deflated_member(const std::string& name, const std::string& contents, int level = 9) {
  ZipMember member = stored(name, contents);
  member.method = 8;
  member.contents = deflated(contents, Format::raw, level);
  return member;
}

/// A field of a header: where it begins and how many bytes it has.
struct ZipField {
  std::size_t at;
  int bytes;
};
namespace local {
constexpr ZipField magic{0, 4}, flags{6, 2}, method{8, 2}, crc{14, 4}, compressed{18, 4}, size{22, 4}, name{26, 2},
    extra{28, 2};
}
namespace central {
constexpr ZipField magic{0, 4}, flags{8, 2}, method{10, 2}, crc{16, 4}, compressed{20, 4}, size{24, 4}, name{28, 2},
    extra{30, 2}, comment{32, 2}, part{34, 2}, offset{42, 4};
}
namespace end {
constexpr ZipField magic{0, 4}, part{4, 2}, directory_part{6, 2}, count_here{8, 2}, count{10, 2}, size{12, 4},
    offset{16, 4}, comment{20, 2};
}
namespace end64 {
constexpr ZipField magic{0, 4}, record{4, 8}, part{16, 4}, count_here{24, 8}, count{32, 8}, size{40, 8}, offset{48, 8};
}
namespace locator {
constexpr ZipField magic{0, 4}, offset{8, 8};
}

/// An archive. The bytes are right but for what was set() and what members say that is not true.
class ZipFile {
 public:
  explicit ZipFile(std::vector<ZipMember> of = {}) : members(std::move(of)) {}

  std::vector<ZipMember> members;
  std::string before = {}, comment = {};
  bool is_zip64 = false;

  /// Replaces a field of the member's header, of its header in the directory, of a record at the end.
  void set_local(std::size_t i, ZipField field, std::uint64_t value) { set({Header::local, i}, field, value); }
  void set_central(std::size_t i, ZipField field, std::uint64_t value) { set({Header::central, i}, field, value); }
  void set_end(ZipField field, std::uint64_t value) { set({Header::end, 0}, field, value); }
  void set_end64(ZipField field, std::uint64_t value) { set({Header::end64, 0}, field, value); }
  void set_locator(ZipField field, std::uint64_t value) { set({Header::locator, 0}, field, value); }

  std::string bytes() const {
    std::string all = before, directory;
    std::vector<std::pair<Header, std::size_t>> places;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const ZipMember& m = members[i];
      const std::string offset = little(all.size(), 4);
      places.push_back({{Header::local, i}, all.size()});
      all += "PK\3\4" + common(m, m.local_name.size(), m.local_extra.size()) + m.local_name + m.local_extra;
      all += m.contents + m.descriptor;
      places.push_back({{Header::central, i}, directory.size()});
      directory += "PK\1\2" + little(20, 2) + common(m, m.name.size(), m.central_extra.size());
      directory += little(m.comment.size(), 2) + std::string(8, '\0') + offset + m.name + m.central_extra + m.comment;
    }
    const std::size_t begin = all.size();
    for (auto& [header, at] : places) {
      if (header.kind == Header::central) at += begin;
    }
    all += directory;
    const std::string count = little(members.size(), 2);
    if (is_zip64) {
      places.push_back({{Header::end64, 0}, all.size()});
      places.push_back({{Header::locator, 0}, all.size() + 56});
      all += "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(members.size(), 8);
      all += little(members.size(), 8) + little(directory.size(), 8) + little(begin, 8);
      all += "PK\6\7" + little(0, 4) + little(begin + directory.size(), 8) + little(1, 4);
    }
    places.push_back({{Header::end, 0}, all.size()});
    all += "PK\5\6" + little(0, 4) + count + count + little(directory.size(), 4) + little(begin, 4);
    all += little(comment.size(), 2) + comment;
    for (const Patch& patch : patches_) {
      for (const auto& [header, at] : places) {
        if (header.kind != patch.header.kind || header.member != patch.header.member) continue;
        all.replace(at + patch.field.at, static_cast<std::size_t>(patch.field.bytes),
                    little(patch.value, patch.field.bytes));
      }
    }
    return all;
  }

 private:
  struct Header {
    enum Kind { local, central, end, end64, locator } kind;
    std::size_t member;
  };
  struct Patch {
    Header header;
    ZipField field;
    std::uint64_t value;
  };

  void set(Header header, ZipField field, std::uint64_t value) { patches_.push_back({header, field, value}); }

  static std::string common(const ZipMember& m, std::size_t name, std::size_t extra) {
    return little(20, 2) + little(m.flags, 2) + little(m.method, 2) + little(0, 4) + little(m.crc, 4) +
           little(m.contents.size(), 4) + little(m.size, 4) + little(name, 2) + little(extra, 2);
  }

  std::vector<Patch> patches_;
};

}  // namespace xtape::testing
