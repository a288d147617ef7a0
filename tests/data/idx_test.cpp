#include "xtape/data/idx.hpp"

#include <cmath>
#include <limits>

#include "support/deflate.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/idx.hpp"
#include "support/misuse.hpp"

namespace xtape::data {
namespace {

using testing::AsNobody;
using testing::deflated;
using testing::expect_error;
using testing::expect_errors;
using testing::idx;
using testing::idx_header;
using testing::read_file;
using testing::TempDir;
using testing::write_file;

/// Some file systems sync a file that is written over.
void write_anew(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);
  write_file(path, bytes);
}

/// Expects read_idx of a file with these bytes to throw a FileError that names the file.
template <class... Parts>
void expect_refused(const std::string& bytes, const Parts&... parts) {
  const TempDir dir;
  write_file(dir / "a", bytes);
  expect_error<FileError>([&] { read_idx(dir / "a"); }, "read_idx: \"" + (dir / "a") + "\"", parts...);
}

TEST(ReadIdx, ReadsPlainAndGzipAlikeWhateverTheName) {
  const TempDir dir;
  const std::string bytes = idx({3, 40, 50});
  write_file(dir / "plain.gz", bytes);
  write_file(dir / "zipped", deflated(bytes));
  const Tensor a = read_idx(dir / "plain.gz"), b = read_idx(dir / "zipped");
  EXPECT_EQ(a.dtype(), uint8);
  EXPECT_EQ(a.shape(), (Shape{3, 40, 50}));
  EXPECT_EQ(a[2][39][49].item<int>(), 5999 % 251);
  EXPECT_TRUE(equal(a, b));
}

TEST(ReadIdx, ReadsFilesLargerThanItsBuffer) {
  const TempDir dir;
  std::string bytes = idx_header({1 << 20});
  std::uint32_t u = 1;
  for (int i = 0; i < 1 << 20; ++i) bytes += static_cast<char>((u = u * 1664525 + 1013904223) >> 24);
  write_file(dir / "a", bytes);
  write_file(dir / "b", deflated(bytes));
  const Tensor a = read_idx(dir / "a");
  EXPECT_EQ(a[1 << 19].item<int>(), static_cast<unsigned char>(bytes[8 + (1 << 19)]));
  EXPECT_TRUE(equal(a, read_idx(dir / "b")));
}

TEST(ReadIdx, ReadsGzipFilesOfSeveralMembers) {
  const TempDir dir;
  const std::string bytes = idx({200, 300});
  write_file(dir / "plain", bytes);
  const Tensor expected = read_idx(dir / "plain");
  const std::size_t cuts[] = {1, 7, 12, 13, 40000, bytes.size()};  // in the header and in the elements
  for (std::size_t cut : cuts) {
    write_file(dir / "two", deflated(bytes.substr(0, cut)) + deflated(bytes.substr(cut)));
    EXPECT_TRUE(equal(read_idx(dir / "two"), expected)) << cut;
  }
}

TEST(ReadIdx, FindsMembersWhereverTheyMeetTheEndOfItsBuffer) {
  const TempDir dir;
  const std::string bytes = idx({2, 20}), nothing = deflated("");
  write_file(dir / "plain", bytes);
  const Tensor expected = read_idx(dir / "plain");
  for (std::size_t n = 0; n <= nothing.size(); ++n) {  // members of 20 bytes, moved by one byte each time
    std::string zipped;
    for (std::size_t i = 0; i < n; ++i) zipped += deflated(bytes.substr(i, 1));
    while (zipped.size() < (1 << 16)) zipped += nothing;
    write_file(dir / "zipped", zipped + deflated(bytes.substr(n)) + nothing);
    EXPECT_TRUE(equal(read_idx(dir / "zipped"), expected)) << n;
  }
}

TEST(ReadIdx, RefusesAMemberThatIsCutOrDamaged) {
  const std::string bytes = idx({2, 3}), first = deflated(bytes.substr(0, 15)), second = deflated(bytes.substr(15));
  for (std::size_t n = 0; n < second.size(); ++n) {
    expect_refused(first + second.substr(0, n), n == 1 ? "data after the end of its gzip stream" : "truncated");
  }
  std::string wrong = first;
  wrong[wrong.size() - 8] ^= 1;
  expect_refused(wrong + second, "is damaged: incorrect data check");
  expect_refused(first + "PK" + second, "data after the end of its gzip stream");
}

TEST(ReadIdx, ReadsEmptyArrays) {
  const TempDir dir;
  write_file(dir / "a", idx({0, 28, 28}));
  write_file(dir / "b", deflated(idx({0})));
  EXPECT_EQ(read_idx(dir / "a").shape(), (Shape{0, 28, 28}));
  EXPECT_EQ(read_idx(dir / "b").shape(), Shape{0});
}

TEST(ReadIdx, RefusesWhatIsNotAReadableFile) {
  const TempDir dir;
  expect_error<FileError>([&] { read_idx(dir / "missing"); }, "missing", "No such file");
  expect_error<FileError>([&] { read_idx(dir.string()); }, dir.string(), "a directory, not a file");
  expect_error<FileError>([] { read_idx("/dev/null"); }, "not a regular file");
  expect_error<FileError>([] { read_idx(""); }, "read_idx");
  write_file(dir / "secret", idx({1}));
  std::filesystem::permissions(dir / "secret", std::filesystem::perms::none);
  const AsNobody nobody;
  expect_error<FileError>([&] { read_idx(dir / "secret"); }, "secret", "Permission denied");
}

TEST(ReadIdx, IgnoresZeroBytesBehindAGzipStream) {
  const TempDir dir;
  const std::string bytes = idx({2, 3});
  write_file(dir / "plain", bytes);
  for (const std::size_t zeros : {std::size_t{1}, std::size_t{512}, std::size_t{100000}}) {
    write_file(dir / "padded", deflated(bytes) + std::string(zeros, '\0'));
    EXPECT_TRUE(equal(read_idx(dir / "padded"), read_idx(dir / "plain"))) << zeros;
  }
}

const std::string two_by_three = idx({2, 3});  // 12 bytes of header, 6 elements

TEST(ReadIdx, RefusesMalformedFilesWithOneLine) {
  struct Malformed {
    std::string bytes;
    const char* error;
  };
  const std::string few = "\1\2\3";
  const auto damaged = [](std::size_t at, char byte) {
    std::string s = two_by_three;
    s[at] = byte;
    return s;
  };
  const auto of_type = [](char type, std::size_t bytes) { return idx_header({2}, type) + std::string(bytes, '\1'); };
  // clang-format off
  const std::vector<Malformed> files = {
      {"", " is truncated: the magic number ends at byte 4, the file at 0"},
      {two_by_three.substr(0, 3), " is truncated: the magic number ends at byte 4, the file at 3"},
      {damaged(0, 1), " is not an IDX file: it begins with 01 00 08 02"},
      {damaged(1, 1), " is not an IDX file: it begins with 00 01 08 02"},
      {damaged(2, 0), " is not an IDX file: it begins with 00 00 00 02"},
      {damaged(2, 7), " is not an IDX file: it begins with 00 00 07 02"},
      {damaged(2, 0x0a), " is not an IDX file: it begins with 00 00 0a 02"},
      {damaged(2, 0x0f), " is not an IDX file: it begins with 00 00 0f 02"},
      {damaged(2, '\x88'), " is not an IDX file: it begins with 00 00 88 02"},
      {std::string("\3\10\0\0", 4) + few, " is not an IDX file: it begins with 03 08 00 00"},
      {"\x89PNG\r\n", " is not an IDX file: it begins with 89 50 4e 47"},
      {"\x93NUMPY", " is not an IDX file: it begins with 93 4e 55 4d"},
      {"PK\3\4", " is not an IDX file: it begins with 50 4b 03 04"},
      {"BZh91AY", " is not an IDX file: it begins with 42 5a 68 39"},
      {"<!DOCTYPE html>", " is not an IDX file: it begins with 3c 21 44 4f"},
      {idx_header({}), " has 0 dims, expected 1 to 8"},
      {idx_header({}) + "x", " has 0 dims, expected 1 to 8"},
      {idx_header(std::vector<std::uint32_t>(9, 1)) + "x", " has 9 dims, expected 1 to 8"},
      {damaged(3, '\xff'), " has 255 dims, expected 1 to 8"},
      {two_by_three.substr(0, 4), " is truncated: the header ends at byte 12, the file at 4"},
      {two_by_three.substr(0, 11), " is truncated: the header ends at byte 12, the file at 11"},
      {damaged(3, 8), " is truncated: the header ends at byte 36, the file at 18"},
      {damaged(3, 1), " has data after the array, at byte 10"},
      {damaged(3, 3), " is truncated or damaged: its header says uint8 of shape (2, 3, 66051), more than it can hold"},
      {two_by_three.substr(0, 12), " is truncated or damaged: its header says uint8 of shape (2, 3), more than it can hold"},
      {two_by_three.substr(0, 17), " is truncated or damaged: its header says uint8 of shape (2, 3), more than it can hold"},
      {damaged(7, 3), " is truncated or damaged: its header says uint8 of shape (3, 3), more than it can hold"},
      {damaged(4, 1), " is truncated or damaged: its header says uint8 of shape (16777218, 3), more than it can hold"},
      {damaged(8, '\xff'), " is truncated or damaged: its header says uint8 of shape (2, 4278190083), more than it can hold"},
      {damaged(2, 9), nullptr},
      {damaged(2, 0x0b), " is truncated or damaged: its header says int16 of shape (2, 3), more than it can hold"},
      {damaged(2, 0x0c), " is truncated or damaged: its header says int32 of shape (2, 3), more than it can hold"},
      {damaged(2, 0x0d), " is truncated or damaged: its header says float32 of shape (2, 3), more than it can hold"},
      {damaged(2, 0x0e), " is truncated or damaged: its header says float64 of shape (2, 3), more than it can hold"},
      {of_type(0x09, 1), " is truncated or damaged: its header says int8 of shape (2), more than it can hold"},
      {of_type(0x0b, 3), " is truncated or damaged: its header says int16 of shape (2), more than it can hold"},
      {of_type(0x0c, 7), " is truncated or damaged: its header says int32 of shape (2), more than it can hold"},
      {of_type(0x0d, 7), " is truncated or damaged: its header says float32 of shape (2), more than it can hold"},
      {of_type(0x0e, 15), " is truncated or damaged: its header says float64 of shape (2), more than it can hold"},
      {of_type(0x09, 3), " has data after the array, at byte 10"},
      {of_type(0x0b, 5), " has data after the array, at byte 12"},
      {of_type(0x0c, 9), " has data after the array, at byte 16"},
      {of_type(0x0d, 9), " has data after the array, at byte 16"},
      {of_type(0x0e, 17), " has data after the array, at byte 24"},
      {two_by_three + "x", " has data after the array, at byte 18"},
      {two_by_three + two_by_three, " has data after the array, at byte 18"},
      {idx_header({0, 28, 28}) + "x", " has data after the array, at byte 16"},
      {idx_header({0xffffffff, 0xffffffff}) + few, " is truncated or damaged: its header says uint8 of shape (4294967295, 4294967295), more than it can hold"},
      {idx_header({0x80000000, 0x80000000, 2}) + few, " is truncated or damaged: its header says uint8 of shape (2147483648, 2147483648, 2), more than it can hold"},
      {idx_header({0x80000000, 0x80000000, 4, 1}) + few, " is truncated or damaged: its header says uint8 of shape (2147483648, 2147483648, 4, 1), more than it can hold"},
      {idx_header({0x40000000, 0x40000000}, 0x0e) + few, " is truncated or damaged: its header says float64 of shape (1073741824, 1073741824), more than it can hold"},
      {idx_header({0, 0xffffffff, 0xffffffff, 0xffffffff}) + few, " is truncated or damaged: its header says uint8 of shape (0, 4294967295, 4294967295, 4294967295), more than it can hold"},
      {idx_header({0, 0xffffffff, 0x10000000}), ": there is no memory for the array of shape (0, 4294967295, 268435456)"},
      {deflated(""), " is truncated: the magic number ends at byte 4, the file at 0"},
      {deflated(two_by_three.substr(0, 11)), " is truncated: the header ends at byte 12, the file at 11"},
      {deflated(two_by_three.substr(0, 17)), " is truncated: the data ends at byte 18, the file at 17"},
      {deflated(two_by_three + "x"), " has data after the array, at byte 18"},
      {deflated(two_by_three) + deflated(two_by_three), " has data after the array, at byte 18"},
      {deflated(idx_header({1 << 20}) + few), " is truncated or damaged: its header says uint8 of shape (1048576), more than it can hold"},
      {deflated(deflated(two_by_three)), " is not an IDX file: it begins with 1f 8b 08 00"},
      {two_by_three, nullptr},
      {deflated(two_by_three), nullptr},
  };
  // clang-format on
  const TempDir dir;
  const std::string path = dir / "a";
  for (const Malformed& file : files) {
    write_anew(path, file.bytes);
    const std::string error = file.error ? "FileError: read_idx: \"" + path + "\"" + file.error : "no error";
    expect_errors({{error.c_str(), [&path] { read_idx(path); }}});
  }
}

TEST(ReadIdx, RefusesEveryTruncation) {
  testing::for_each_truncation(two_by_three, [](const std::string& bytes) { expect_refused(bytes, "truncated"); });
  testing::for_each_truncation(deflated(two_by_three), [](const std::string& bytes) {
    expect_refused(bytes, bytes == "\x1f" ? "the magic number ends at byte 4" : "truncated");
  });
}

TEST(ReadIdx, SurvivesEveryFlippedBit) {
  const TempDir dir;
  const std::string path = dir / "a", zipped = deflated(two_by_three);
  write_file(path, two_by_three);
  const Tensor original = read_idx(path);
  std::size_t loaded = 0, refused = 0;
  testing::for_each_flipped_bit(two_by_three, [&](const std::string& bytes, std::size_t bit) {
    write_anew(path, bytes);
    try {
      const Tensor x = read_idx(path);  // another element, or int8 for uint8: nothing protects these
      EXPECT_TRUE(bit >= 96 || bit == 16) << bit;
      EXPECT_EQ(x.shape(), original.shape());
      ++loaded;
    } catch (const FileError&) {
    }
  });
  EXPECT_EQ(loaded, 49u);
  testing::for_each_flipped_bit(zipped, [&](const std::string& bytes, std::size_t bit) {
    write_anew(path, bytes);
    try {  // notes in gzip's header (time, system, ...) and padding bits do not matter
      EXPECT_TRUE(equal(read_idx(path), original)) << "bit " << bit;
    } catch (const FileError&) {
      ++refused;
    }
  });
  EXPECT_GT(refused, 4 * zipped.size());
}

// ---- All element types -------------------------------------------------------------------------------------------

/// The array of a file of n elements of this type, from the file's bytes.
Tensor read_elements(char type, std::uint32_t n, const std::string& bytes) {
  const TempDir dir;
  write_file(dir / "a", idx_header({n}, type) + bytes);
  write_file(dir / "b", deflated(idx_header({n}, type) + bytes));
  const Tensor x = read_idx(dir / "a");
  EXPECT_TRUE(equal(read_idx(dir / "b"), x));
  return x;
}

TEST(ReadIdx, ReadsEveryElementType) {
  using namespace std::string_literals;
  EXPECT_TRUE(equal(read_elements(0x08, 3, "\0\x7f\xff"s), tensor({0, 127, 255}, {.dtype = uint8})));
  EXPECT_TRUE(equal(read_elements(0x09, 4, "\0\x7f\x80\xff"s), tensor({0, 127, -128, -1}, {.dtype = int32})));
  EXPECT_TRUE(
      equal(read_elements(0x0b, 4, "\1\2\x7f\xff\x80\0\xff\xfe"s), tensor({258, 32767, -32768, -2}, {.dtype = int32})));
  EXPECT_TRUE(equal(read_elements(0x0c, 3, "\1\2\3\4\x80\0\0\0\xff\xff\xff\xfe"s),
                    tensor({0x01020304, INT32_MIN, -2}, {.dtype = int32})));
  EXPECT_TRUE(equal(read_elements(0x0d, 2, "\x3f\x80\0\0\xc0\x49\x0f\xdb"s), tensor({1.f, -3.14159274f})));
  EXPECT_TRUE(equal(read_elements(0x0e, 2, "\x3f\xf0\0\0\0\0\0\0\xc0\x09\x21\xfb\x54\x44\x2d\x18"s),
                    tensor({1., -3.14159265358979312}, {.dtype = float64})));
}

TEST(ReadIdx, WidensEveryNumberOfOneAndTwoBytes) {
  std::string bytes, words;
  for (int v = -128; v < 128; ++v) bytes += static_cast<char>(v);
  for (int v = -32768; v < 32768; ++v) words += {static_cast<char>(v >> 8), static_cast<char>(v)};
  EXPECT_TRUE(equal(read_elements(0x09, 256, bytes), arange(-128, 128, {.dtype = int32})));
  EXPECT_TRUE(equal(read_elements(0x0b, 65536, words), arange(-32768, 32768, {.dtype = int32})));
}

TEST(WriteIdx, WritesBigEndianBytes) {
  using namespace std::string_literals;
  const TempDir dir;
  write_idx(dir / "a", tensor({{1, 2, 255}}, {.dtype = uint8}));
  EXPECT_EQ(read_file(dir / "a"), "\0\0\x08\2\0\0\0\1\0\0\0\3\1\2\xff"s);
  write_idx(dir / "a", tensor({0x01020304, -2}, {.dtype = int32}));
  EXPECT_EQ(read_file(dir / "a"), "\0\0\x0c\1\0\0\0\2\1\2\3\4\xff\xff\xff\xfe"s);
  write_idx(dir / "a", tensor({1.f}));
  EXPECT_EQ(read_file(dir / "a"), "\0\0\x0d\1\0\0\0\1\x3f\x80\0\0"s);
  write_idx(dir / "a", tensor({1.}, {.dtype = float64}));
  EXPECT_EQ(read_file(dir / "a"), "\0\0\x0e\1\0\0\0\1\x3f\xf0\0\0\0\0\0\0"s);
}

TEST(WriteIdx, IsReadBackBitForBit) {
  const TempDir dir;
  for (const Shape& shape : {Shape{1}, Shape{0}, Shape{3, 0, 2}, Shape{8191, 3}, Shape{1, 2, 1, 2, 1, 2, 1, 2}}) {
    for (const DType dtype : {uint8, int32, float32, float64}) {
      const Tensor x = is_floating(dtype) ? randn(shape, {.dtype = dtype}) : randint(0, 256, shape, {.dtype = dtype});
      write_idx(dir / "a", x);
      EXPECT_EQ(read_idx(dir / "a").dtype(), dtype);
      EXPECT_EQ(read_idx(dir / "a").shape(), shape);
      EXPECT_TRUE(equal(read_idx(dir / "a"), x)) << shape.to_string();
    }
  }
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  write_idx(dir / "a", tensor({nan, -0., infinity, 5e-324}, {.dtype = float64}));
  const std::vector<double> special = read_idx(dir / "a").to_vector<double>();
  EXPECT_TRUE(std::isnan(special[0]) && std::signbit(special[1]));
  EXPECT_EQ(special[2], infinity);
  EXPECT_EQ(special[3], 5e-324);
}

TEST(WriteIdx, RefusesWhatTheFormatDoesNotHave) {
  const TempDir dir;
  const std::string path = dir / "x.gz", taken = dir.string();
  const std::string compressed =
      "FileError: write_idx: \"" + path + "\": files are written without compression; leave out .gz";
  const std::string directory = "FileError: write_idx: \"" + taken + "\" is a directory, not a file";
  expect_errors({
      {"ValueError: write_idx: the tensor is undefined; has backward run?", [] { write_idx("x", Tensor()); }},
      {"DTypeError: write_idx: IDX has no elements of int64; convert the tensor, as by to(int32)",
       [] {
         write_idx("x", tensor({1, 2}));
       }},
      {"DTypeError: write_idx: IDX has no elements of bool_; convert the tensor, as by to(uint8)",
       [] { write_idx("x", tensor({true})); }},
      {"ShapeError: write_idx: a file has 1 to 8 dims, got a tensor of shape ()", [] { write_idx("x", tensor(1.f)); }},
      {"ShapeError: write_idx: an extent is at most 4294967295, got shape (0, 4294967296)",
       [] {
         write_idx("x", zeros({0, std::int64_t{1} << 32}));
       }},
      {compressed.c_str(), [&path] { write_idx(path, tensor({1.f})); }},
      {directory.c_str(), [&taken] { write_idx(taken, tensor({1.f})); }},
  });
  EXPECT_TRUE(std::filesystem::is_empty(taken));
  EXPECT_FALSE(std::filesystem::exists("x"));
}

}  // namespace
}  // namespace xtape::data
