// Every kind of PNG, and files that are none.
#include <zlib.h>

#include "images/pictures.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/idx.hpp"
#include "support/misuse.hpp"
#include "xtape/images.hpp"

namespace xtape::images {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using testing::png;
using testing::png_chunk;
using testing::png_header;
using testing::PngKind;
using testing::TempDir;
using testing::write_file;
using namespace std::string_literals;

std::span<const std::uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

Tensor decoded(const std::string& file, const ReadOptions& options = {}) {
  return decode_image(bytes_of(file), options);
}

TEST(Png, OfGreyHasOneChannel) {
  const Tensor x = decoded(png(2, 3, "\x00\x01\x7f\x80\xfe\xff"s));
  EXPECT_EQ(x.dtype(), uint8);
  EXPECT_EQ(x.shape(), (Shape{1, 2, 3}));
  expect_close(x, {0, 1, 127, 128, 254, 255});
}

TEST(Png, OfColorsHasThreePlanes) {
  const Tensor x = decoded(png(1, 2, "\x01\x02\x03\xf1\xf2\xf3"s));
  EXPECT_EQ(x.shape(), (Shape{3, 1, 2}));
  expect_close(x, {1, 0xf1, 2, 0xf2, 3, 0xf3});
}

TEST(Png, OfFewerBitsIsSpreadOverAllOf8) {  // SEMANTICS [73]
  expect_close(decoded(png(1, 8, {.depth = 1}, "\xa1"s)), {255, 0, 255, 0, 0, 0, 0, 255});
  expect_close(decoded(png(1, 4, {.depth = 2}, "\x1b"s)), {0, 85, 170, 255});
  expect_close(decoded(png(1, 4, {.depth = 4}, "\x01\xef"s)), {0, 17, 238, 255});
  expect_close(decoded(png(2, 3, {.depth = 4}, "\x01\x20\x34\x50"s)), {0, 17, 34, 51, 68, 85});
}

TEST(Png, Of16BitsIsRoundedToNearest) {                                  // SEMANTICS [73]
  const std::string five = "\x00\x00\x00\x80\x00\x81\x7f\xff\xff\xff"s;  // 0, 128, 129, 32767, 65535
  expect_close(decoded(png(1, 5, {.depth = 16}, five)), {0, 0, 1, 127, 255});
  expect_close(decoded(png(1, 1, {.depth = 16, .color_type = 2}, "\x00\xff\x80\x80\xff\x00"s)), {1, 128, 254});
}

TEST(Png, OfAPaletteIsLookedUp) {  // SEMANTICS [73]
  const std::string palette = "\x0a\x14\x1e\x28\x32\x3c\x46\x50\x5a\x64\x6e\x78"s;
  for (const std::string& transparency : {""s, "\x00\x80"s}) {
    const auto kind = [&](int depth) { return PngKind{depth, 3, false, palette, transparency}; };
    expect_close(decoded(png(1, 2, kind(8), "\x03\x00"s)), {100, 10, 110, 20, 120, 30});
    expect_close(decoded(png(1, 2, kind(4), "\x12"s)), {40, 70, 50, 80, 60, 90});
    expect_close(decoded(png(1, 2, kind(2), "\x90"s)), {70, 40, 80, 50, 90, 60});
  }
  expect_close(decoded(png(1, 2, {1, 3, false, palette.substr(0, 6)}, "\x40"s)), {10, 40, 20, 50, 30, 60});
  expect_close(decoded(png(1, 2, {8, 3, false, palette.substr(0, 6)}, "\x02\x01"s)),
               {0, 40, 0, 50, 0, 60});  // as in PIL
}

TEST(Png, LosesItsAlphaWithoutBlending) {  // SEMANTICS [73]
  expect_close(decoded(png(1, 2, {.depth = 8, .color_type = 4}, "\x09\x00\x08\xff"s)), {9, 8});
  expect_close(decoded(png(1, 1, {.depth = 8, .color_type = 6}, "\x01\x02\x03\x00"s)), {1, 2, 3});
  expect_close(decoded(png(1, 1, {.depth = 16, .color_type = 4}, "\x80\x80\x00\x00"s)), {128});
  expect_close(decoded(png(1, 1, {.depth = 16, .color_type = 6}, "\x01\x01\x02\x02\x03\x03\x00\x00"s)), {1, 2, 3});
}

TEST(Png, KeepsThePixelsOfATransparentColor) {  // SEMANTICS [73]
  expect_close(decoded(png(1, 2, {.depth = 8, .color_type = 0, .transparency = "\x07"s}, "\x07\x08"s)), {7, 8});
  expect_close(decoded(png(1, 1, {.depth = 8, .color_type = 2, .transparency = "\x07"s}, "\x07\x07\x07"s)), {7, 7, 7});
  expect_close(decoded(png(1, 4, {.depth = 2, .color_type = 0, .transparency = "\x01"s}, "\x1b"s)), {0, 85, 170, 255});
}

TEST(Png, IsTheSameInterlaced) {
  for (const int type : {0, 2, 4, 6}) {
    const int channels = type == 0 ? 1 : type == 2 ? 3 : type == 4 ? 2 : 4;
    for (const int side : {1, 2, 5, 9}) {
      for (const int depth : {8, 16}) {
        const std::string rows = testing::smooth(side, side, channels * depth / 8);
        const auto n = static_cast<std::uint32_t>(side);
        EXPECT_TRUE(equal(decoded(png(n, n, {.depth = depth, .color_type = type, .interlaced = true}, rows)),
                          decoded(png(n, n, {.depth = depth, .color_type = type}, rows))))
            << type << ' ' << side << ' ' << depth;
      }
    }
  }
}

TEST(Png, BecomesGreyAsInPil) {  // SEMANTICS [73]
  expect_close(decoded(png(1, 2, "\xff\x00\x00\x00\xff\x00"s), {.channels = 1}), {76, 150});
  expect_close(decoded(png(1, 2, "\x00\x00\xff\xff\xff\xff"s), {.channels = 1}), {29, 255});
  expect_close(decoded(png(1, 1, "\x0a\x14\x1e"s), {.channels = 1}), {18});  // 18.15
}

TEST(Png, OfGreyBecomesThreeEqualPlanes) {
  expect_close(decoded(png(1, 2, "\x05\xff"s), {.channels = 3}), {5, 255, 5, 255, 5, 255});
}

TEST(Png, MayHaveBytesBehindItsEnd) { expect_close(decoded(png(1, 1, "\x05"s) + "rubbish"), {5}); }

TEST(Png, IgnoresChunksThatAreNotNeeded) {
  const std::string file = png(1, 1, "\x05"s), head = file.substr(0, 33), rest = file.substr(33);
  expect_close(decoded(head + png_chunk("gAMA", testing::big_endian(1)) + png_chunk("iCCP", "junk") +
                       png_chunk("zTXt", "x") + png_chunk("eXIf", "y") + png_chunk("abCd", "z") + rest),
               {5});
}

/// zlib's bytes of rows, as IDAT has them.
std::string zlib(const std::string& rows) {
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
           static_cast<uLong>(rows.size()));
  out.resize(size);
  return out;
}

TEST(Png, ThatIsDamagedIsRefusedWithOneLine) {
  const std::string good = png(2, 2, "abcd"), header = png_header(2, 2), end = png_chunk("IEND", "");
  std::string bad_crc = good;
  bad_crc[29] ^= 1;
  std::string other_first = good;
  other_first[12] = 'J';
  const std::string what = "FileError: decode_image: the picture";
  const auto error = [&what](const std::string& rest) { return what + rest; };
  // clang-format off
  const std::vector<std::pair<std::string, std::string>> files = {
      {"", " is empty"},
      {"x", " is neither a PNG nor a JPEG file"},
      {"\x89PNG\r\n\x1a", " is neither a PNG nor a JPEG file"},
      {"GIF89a", " is neither a PNG nor a JPEG file"},
      {good.substr(0, 8), " is truncated: its header ends at byte 29, the file at 8"},
      {good.substr(0, 28), " is truncated: its header ends at byte 29, the file at 28"},
      {good.substr(0, 33), " is truncated: it ends at byte 33"},
      {good.substr(0, good.size() - 1), " is truncated: it ends at byte " + std::to_string(good.size() - 1)},
      {bad_crc, " is damaged: libpng says \"IHDR: CRC error\""},
      {other_first, " is damaged: its first chunk is not IHDR"},
      {png_header(0, 2) + end, " is damaged: its header says 2 x 0 pixels"},
      {png_header(2, 0) + end, " is damaged: its header says 0 x 2 pixels"},
      {png_header(1u << 31, 1) + end, " has 1 x 2147483648 pixels, more than most_pixels = 67108864"},
      {png_header(1, 1u << 31) + end, " has 2147483648 x 1 pixels, more than most_pixels = 67108864"},
      {png_header(0xffffffff, 0xffffffff) + end, " has 4294967295 x 4294967295 pixels, more than most_pixels = 67108864"},
      {png_header(8192, 8193) + end, " has 8193 x 8192 pixels, more than most_pixels = 67108864"},
      {png_header(8192, 8192) + end, " is truncated or damaged: its header says 8192 x 8192 pixels, more than it can hold"},
      {png_header(2, 2, 3) + end, " is damaged: libpng says \"Invalid IHDR data\""},
      {png_header(2, 2, 8, 5) + end, " is damaged: libpng says \"Invalid IHDR data\""},
      {header + end, " is damaged: libpng says \"IEND: out of place\""},
      {header + png_chunk("IDAT", "") + end, " is damaged: libpng says \"Not enough image data\""},
      {header + png_chunk("IDAT", "junk") + end, " is damaged: libpng says \"IDAT: incorrect header check\""},
      {header + png_chunk("IDAT", zlib("\0ab"s)) + end, " is damaged: libpng says \"Not enough image data\""},
      {header + png_chunk("IDAT", zlib("\0ab\7cd"s)) + end, " is damaged: libpng says \"bad adaptive filter value\""},
      {header + png_chunk("ABCD", "") + end, " is damaged: libpng says \"ABCD: unhandled critical chunk\""},
      {png_header(1, 1, 8, 3) + png_chunk("IDAT", zlib("\0\0"s)) + end, " is damaged: libpng says \"IDAT: Missing PLTE before IDAT\""},
  };
  // clang-format on
  for (const auto& [bytes, rest] : files) {
    const std::string expected = error(rest);
    expect_errors({{expected.c_str(), [&bytes = bytes] { decoded(bytes); }}});
  }
}

TEST(Png, IsRefusedCutAnywhere) {  // SEMANTICS [73]
  testing::for_each_truncation(png(3, 3, testing::smooth(3, 3, 3)), [](const std::string& bytes) {
    expect_error<FileError>([&] { decoded(bytes); }, "decode_image: the picture");
  });
}

TEST(Png, SurvivesEveryFlippedBit) {
  const std::string file = png(3, 4, testing::smooth(3, 4, 1));
  const Tensor x = decoded(file);
  testing::for_each_flipped_bit(file, [&x](const std::string& bytes, std::size_t) {
    try {
      EXPECT_TRUE(equal(decoded(bytes), x));
    } catch (const FileError& e) {
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    }
  });
}

TEST(ReadImage, ReadsFilesByContentNotByName) {
  const TempDir dir;
  write_file(dir / "a.jpeg", png(1, 1, "\x05"s));
  expect_close(read_image(dir / "a.jpeg"), {5});
  expect_close(read_image(dir / "a.jpeg", {.channels = 3}), {5, 5, 5});
  const std::string odd = dir / "\xff\n\x01 \xc3\xa4.png";
  write_file(odd, png(1, 1, "\x06"s));
  expect_close(read_image(odd), {6});
  write_file(odd, "x");
  expect_error<FileError>([&] { read_image(odd); }, "\xff?? \xc3\xa4.png\" is neither a PNG nor a JPEG file");
}

TEST(ReadImage, SaysWhichFileItCannotRead) {
  const TempDir dir;
  const std::string none = dir / "none", folder = dir.string();
  const std::string missing = "FileError: read_image: \"" + none + "\": No such file or directory";
  const std::string directory = "FileError: read_image: \"" + folder + "\" is a directory, not a file";
  expect_errors({
      {missing.c_str(), [&] { read_image(none); }},
      {directory.c_str(), [&] { read_image(folder); }},
      {"FileError: read_image: \"/dev/zero\" is not a regular file", [] { read_image("/dev/zero"); }},
      {"ValueError: read_image: channels is 4, it must be 1 (grey), 3 (red, green, blue) or 0 (as in the file)",
       [&] { read_image(none, {.channels = 4}); }},
      {"ValueError: read_image: most_pixels is 0, it must be above 0", [&] { read_image(none, {.most_pixels = 0}); }},
  });
  const std::string large = dir / "large";
  write_file(large, "\x89PNG\r\n\x1a\n");
  std::filesystem::resize_file(large, (std::uintmax_t{1} << 28) + 1);
  expect_error<FileError>([&] { read_image(large); }, "has 268435457 bytes; a picture has at most 268435456");
}

TEST(ReadImage, RefusesMorePixelsThanItMayRead) {  // SEMANTICS [73]
  const std::string file = png(2, 3, "abcdef");
  EXPECT_EQ(decoded(file, {.most_pixels = 6}).numel(), 6);
  expect_error<FileError>([&] { decoded(file, {.most_pixels = 5}); }, "has 3 x 2 pixels, more than most_pixels = 5");
}

}  // namespace
}  // namespace xtape::images
