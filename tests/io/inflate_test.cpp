#include "io/inflate.hpp"

#include <cstdlib>

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"

namespace xtape::io {
namespace {

using testing::deflated;
using testing::expect_errors;
using testing::TempDir;
using testing::write_file;

/// All that is left of a source, read in pieces of `piece` bytes.
std::string rest_of(ByteSource& source, std::size_t piece = 4096) {
  std::string all, next(piece, '\0');
  std::int64_t got;
  do {
    got = source.read_some(next.data(), static_cast<std::int64_t>(piece));
    all += next.substr(0, static_cast<std::size_t>(got));
  } while (got == static_cast<std::int64_t>(piece));
  return all;
}

/// 100,000 bytes that deflate halves.
std::string text() {
  std::string s;
  for (std::uint32_t i = 0, u = 1; i < 100000; ++i)
    s += static_cast<char>('a' + ((u = u * 1664525 + 1013904223) >> 28));
  return s;
}

TEST(Inflate, ReadsAStreamInTheMiddleOfAFileAndKnowsItsSize) {
  TempDir dir;
  const std::string stream = deflated(text(), testing::Format::raw);
  write_file(dir / "x", "before" + stream + "behind");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
    FileReader file("op", dir / "x");
    file.seek(6);
    InflateSource source(file, Wrapper::none);
    EXPECT_EQ(rest_of(source, piece), text());
    EXPECT_EQ(source.compressed_size(), static_cast<std::int64_t>(stream.size()));
    EXPECT_EQ(source.offset(), 100000);
    EXPECT_EQ(source.most_left(), 0);
  }
}

TEST(Inflate, KnowsTheMostThatCanComeOut) {
  TempDir dir;
  const std::string zeros(1 << 20, '\0'), stream = deflated(zeros, testing::Format::raw);
  write_file(dir / "x", stream);
  FileReader file("op", dir / "x");
  InflateSource source(file, Wrapper::none);
  EXPECT_EQ(source.most_left(), 1032 * static_cast<std::int64_t>(stream.size()));
  std::string read(zeros.size(), 'x');
  source.read(read.data(), 1 << 19, "a half");
  EXPECT_GE(source.most_left(), 1 << 19);
  source.read(read.data() + (1 << 19), 1 << 19, "the other half");
  EXPECT_EQ(read, zeros);
}

// ---- gzip --------------------------------------------------------------------------------------------------------

std::string little_endian(std::uint32_t v) {
  std::string s;
  for (int shift : {0, 8, 16, 24}) s += static_cast<char>(v >> shift);
  return s;
}

/// The bytes of a gzip member: its flags, the optional fields that they announce, deflated bytes, a trailer for "ab".
std::string member(char flags, const std::string& fields, const std::string& deflated_bytes) {
  const auto crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>("ab"), 2));
  return std::string{0x1f, '\x8b', 8, flags, 0, 0, 0, 0, 0, 3} + fields + deflated_bytes + little_endian(crc) +
         little_endian(2);
}

std::string of_hex(const char* hex) {
  std::string bytes;
  for (char* next = nullptr; *hex != 0; hex = next) bytes += static_cast<char>(std::strtol(hex, &next, 16));
  return bytes;
}

const std::string ab = of_hex("4b 4c 02 00");  // "ab" deflated: two fixed codes

std::string read_all(const std::string& path) {
  PlainOrGzipReader file("read", path);
  return rest_of(file);
}

TEST(Gzip, ReadsEveryOptionalField) {
  using namespace std::string_literals;
  TempDir dir;
  const std::string extra = "\3\0abc"s, name = "a name\0"s, comment = "a comment\0"s;
  std::string all = member(0x1f, extra + name + comment, "");
  all.resize(all.size() - 8);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(all.data()), static_cast<uInt>(all.size()));
  const std::string checksum{static_cast<char>(crc), static_cast<char>(crc >> 8)};
  for (const std::string& bytes :
       {member(0, "", ab), member(1, "", ab), member(4, extra, ab), member(8, name, ab), member(0x10, comment, ab),
        member(0x1f, extra + name + comment + checksum, ab), member(0, "", deflated("ab", testing::Format::raw, 0))}) {
    write_file(dir / "x", bytes + bytes + std::string(1000, '\0'));
    EXPECT_EQ(read_all(dir / "x"), "abab");
  }
}

TEST(Gzip, IsReadAsItIsWhenItDoesNotBeginLikeGzip) {
  using namespace std::string_literals;
  TempDir dir;
  for (const std::string& bytes : {""s, "\x1f"s, "\x1f\x8a"s, "x\x1f\x8b"s, "plain\0\0"s}) {
    write_file(dir / "x", bytes);
    EXPECT_EQ(read_all(dir / "x"), bytes);
  }
}

TEST(Gzip, RefusesMalformedFilesWithOneLine) {
  const std::string good = member(0, "", ab);
  struct Malformed {
    std::string bytes;
    const char* error;
  };
  const auto damaged = [&good](std::size_t at, char byte) {
    std::string s = good;
    s[at] = byte;
    return s;
  };
  const auto cut = [&good](std::size_t size) { return good.substr(0, size); };
  const auto bits = [](const char* hex) { return member(0, "", of_hex(hex)); };
  using namespace std::string_literals;
  // clang-format off
  const std::vector<Malformed> files = {
      // The header.
      {cut(2), " is truncated: its gzip stream has no end, the file ends at byte 2"},
      {cut(3), " is truncated: its gzip stream has no end, the file ends at byte 3"},
      {cut(9), " is truncated: its gzip stream has no end, the file ends at byte 9"},
      {damaged(2, 0), " is damaged: unknown compression method before byte 4, in its gzip stream"},
      {damaged(2, 7), " is damaged: unknown compression method before byte 4, in its gzip stream"},
      {damaged(2, 9), " is damaged: unknown compression method before byte 4, in its gzip stream"},
      {damaged(3, 0x20), " is damaged: unknown header flags set before byte 4, in its gzip stream"},
      {damaged(3, 0x40), " is damaged: unknown header flags set before byte 4, in its gzip stream"},
      {damaged(3, '\x80'), " is damaged: unknown header flags set before byte 4, in its gzip stream"},
      {member(2, "\0\0"s, ab), " is damaged: header crc mismatch before byte 12, in its gzip stream"},
      {member(4, "\xff\xff"s, ab), " is truncated: its gzip stream has no end, the file ends at byte 24"},
      {member(4, "", ""), " is truncated: its gzip stream has no end, the file ends at byte 18"},
      {member(8, "name", ""), " is truncated: its gzip stream has no end, the file ends at byte 22"},
      {member(0x10, "comment", ""), " is truncated: its gzip stream has no end, the file ends at byte 25"},
      // Its deflated bytes.
      {cut(10), " is truncated: its gzip stream has no end, the file ends at byte 10"},
      {cut(12), " is truncated: its gzip stream has no end, the file ends at byte 12"},
      {bits("06"), " is damaged: invalid block type before byte 11, in its gzip stream"},
      {bits("00 00 00 00 00"), " is damaged: invalid stored block lengths before byte 15, in its gzip stream"},
      {bits("01 02 00 fe ff"), " is damaged: invalid stored block lengths before byte 15, in its gzip stream"},
      {bits("fc 00 00"), " is damaged: too many length or distance symbols before byte 13, in its gzip stream"},
      {bits("04 00 fe ff"), " is damaged: invalid code lengths set before byte 14, in its gzip stream"},
      {bits("04 00 24 49 00"), " is damaged: invalid bit length repeat before byte 15, in its gzip stream"},
      {bits("04 00 24 e9 ff ff"), " is damaged: invalid bit length repeat before byte 16, in its gzip stream"},
      {bits("04 00 24 e9 ff 6d"), " is damaged: invalid code -- missing end-of-block before byte 16, in its gzip stream"},
      {bits("04 80 49 92 24 49 92 24 71 ff ff 93 11 00"), " is damaged: invalid literal/lengths set before byte 24, in its gzip stream"},
      {bits("04 80 49 92 24 49 92 24 0f b4 ff ff c3 84"), " is damaged: invalid distances set before byte 24, in its gzip stream"},
      {bits("02 7e ff ff"), " is damaged: invalid distance code before byte 12, in its gzip stream"},
      {bits("03 7e 00 00 00 00 00"), " is damaged: invalid distance code before byte 12, in its gzip stream"},
      {bits("0c c0 81 00 00 00 00 00 90 ff 6b 04 00"), " is damaged: invalid distance too far back before byte 22, in its gzip stream"},
      {bits("1b 07 00 00 00 00 00"), " is damaged: invalid literal/length code before byte 12, in its gzip stream"},
      {bits("4a 4c 02 00"), " is damaged: invalid stored block lengths before byte 18, in its gzip stream"},
      {bits("4b 4c 04"), " is damaged: invalid distance too far back before byte 16, in its gzip stream"},
      // Its trailer.
      {cut(14), " is truncated: its gzip stream has no end, the file ends at byte 14"},
      {cut(15), " is truncated: its gzip stream has no end, the file ends at byte 15"},
      {cut(18), " is truncated: its gzip stream has no end, the file ends at byte 18"},
      {cut(21), " is truncated: its gzip stream has no end, the file ends at byte 21"},
      {damaged(14, 0), " is damaged: incorrect data check before byte 18, in its gzip stream"},
      {damaged(15, 0), " is damaged: incorrect data check before byte 18, in its gzip stream"},
      {damaged(16, 0), " is damaged: incorrect data check before byte 18, in its gzip stream"},
      {damaged(17, 0), " is damaged: incorrect data check before byte 18, in its gzip stream"},
      {damaged(18, 3), " is damaged: incorrect length check before byte 22, in its gzip stream"},
      {damaged(19, 1), " is damaged: incorrect length check before byte 22, in its gzip stream"},
      {damaged(20, 1), " is damaged: incorrect length check before byte 22, in its gzip stream"},
      {damaged(21, 1), " is damaged: incorrect length check before byte 22, in its gzip stream"},
      {damaged(11, 0x4d), " is damaged: incorrect data check before byte 18, in its gzip stream"},
      // What follows it.
      {good + "x", " has data after the end of its gzip stream, at byte 22"},
      {good + "\n", " has data after the end of its gzip stream, at byte 22"},
      {good + "\x1f", " has data after the end of its gzip stream, at byte 22"},
      {good + "PK\3\4", " has data after the end of its gzip stream, at byte 22"},
      {good + "\0\0\0x"s, " has data after the end of its gzip stream, at byte 25"},
      {good + std::string(100000, '\0') + "x", " has data after the end of its gzip stream, at byte 100022"},
      {good + "\0"s + good, " has data after the end of its gzip stream, at byte 23"},
      {good + "\x1f\x8b", " is truncated: its gzip stream has no end, the file ends at byte 24"},
      {good + cut(9), " is truncated: its gzip stream has no end, the file ends at byte 31"},
      {good + cut(14), " is truncated: its gzip stream has no end, the file ends at byte 36"},
      {good + cut(21), " is truncated: its gzip stream has no end, the file ends at byte 43"},
      {good + damaged(2, 7), " is damaged: unknown compression method before byte 26, in its gzip stream"},
      {good + damaged(3, 0x20), " is damaged: unknown header flags set before byte 26, in its gzip stream"},
      {good + damaged(14, 0), " is damaged: incorrect data check before byte 40, in its gzip stream"},
      {good + bits("06"), " is damaged: invalid block type before byte 33, in its gzip stream"},
      {good + good + damaged(21, 1), " is damaged: incorrect length check before byte 66, in its gzip stream"},
      {good, nullptr},
  };
  // clang-format on
  TempDir dir;
  const std::string path = dir / "x";
  for (const Malformed& file : files) {
    std::filesystem::remove(path);
    write_file(path, file.bytes);
    const std::string error = file.error ? "FileError: read: \"" + path + "\"" + file.error : "no error";
    expect_errors({{error.c_str(), [&path] { read_all(path); }}});
  }
}

}  // namespace
}  // namespace xtape::io
