#include "mnist/picture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "images/pictures.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/idx.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::TempDir;
using testing::write_file;
using namespace std::string_literals;

/// The pictures, 2 x 3 (height x width), of a file of these bytes.
Pictures pictures(const std::string& bytes) {
  const TempDir dir;
  write_file(dir / "p", bytes);
  return read_pictures(dir / "p", 2, 3);
}

TEST(Picture, IsReadFromABinaryPgm) {
  const Pictures p = pictures("P5\n3 2\n255\n\x00\x01\x7f\x80\xfe\xff"s);
  EXPECT_EQ(p.images.shape(), (Shape{1, 1, 2, 3}));
  EXPECT_EQ(p.images.dtype(), uint8);
  EXPECT_FALSE(p.is_list);
  expect_close(p.images, {0, 1, 127, 128, 254, 255});
}

TEST(Picture, IsReadFromAPlainPgm) {
  expect_close(pictures("P2\n3 2\n255\n0 1 127\n128 254 255\n").images, {0, 1, 127, 128, 254, 255});
  expect_close(pictures("P2 3 2 255 0 1 127 128 254 255").images, {0, 1, 127, 128, 254, 255});
}

TEST(Picture, MayHaveComments) {
  expect_close(pictures("P2# by hand\n3# width\n2 # height\r\n#\n255\n# 7 7\n0 1 2 # three\n3 4 5# end").images,
               {0, 1, 2, 3, 4, 5});
  expect_close(pictures("P5 # binary\n3 2 # size\n# most\n255\n#\n ab9").images, {'#', '\n', ' ', 'a', 'b', '9'});
}

TEST(Picture, HasSpacesOfAnyKind) {
  expect_close(pictures("P2\t3\v2\f9\r0  1\n\n2 3 4 9 \n").images, {0, 28, 57, 85, 113, 255});
}

TEST(Picture, IsScaledSoThatTheLargestValueBecomes255) {
  expect_close(pictures("P2 3 2 1 0 1 0 1 0 1").images, {0, 255, 0, 255, 0, 255});
  expect_close(pictures("P2 3 2 65535 0 65535 32768 128 129 257").images, {0, 255, 128, 0, 1, 1});
  expect_close(pictures("P5 3 2 3 \0\1\2\3\1\2"s).images, {0, 85, 170, 255, 85, 170});
}

TEST(Picture, HasTwoBytesAPixelAbove255BigEndian) {
  expect_close(pictures("P5 3 2 65535 \xff\xff\x00\x00\x80\x00\x00\xff\xff\x00\x00\x80"s).images,
               {255, 0, 128, 1, 254, 0});
  expect_close(pictures("P5 3 2 256 \x01\x00\x00\x80\x00\x00\x00\x01\x00\xff\x00\x02"s).images,
               {255, 128, 0, 1, 254, 2});
}

TEST(Picture, IsReadFromIdx) {
  const Pictures p = pictures(testing::idx({2, 2, 3}));
  EXPECT_TRUE(p.is_list);
  EXPECT_EQ(p.images.shape(), (Shape{2, 1, 2, 3}));
  expect_close(p.images, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const Pictures one = pictures(testing::idx({2, 3}));
  EXPECT_FALSE(one.is_list);
  expect_close(one.images, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(pictures(testing::idx({0, 2, 3})).images.shape(), (Shape{0, 1, 2, 3}));
}

TEST(Picture, CanBeInverted) {
  expect_close(inverted(pictures("P2 3 2 255 0 1 127 128 254 255").images), {255, 254, 128, 127, 1, 0});
}

TEST(Picture, IsDarkOnLightIfItsCornersAreLight) {
  const auto looks = [](const std::string& bytes) { return looks_dark_on_light(pictures(bytes).images[0]); };
  EXPECT_TRUE(looks("P2 3 2 255 128 0 128 128 0 128"));
  for (const char* bytes : {"P2 3 2 255 127 255 255 255 255 255", "P2 3 2 255 255 255 127 255 255 255",
                            "P2 3 2 255 255 255 255 127 255 255", "P2 3 2 255 255 255 255 255 255 127"}) {
    EXPECT_FALSE(looks(bytes)) << bytes;
  }
}

struct Malformed {
  std::string bytes;
  const char* what;  // behind the path
};

// clang-format off
const std::vector<Malformed> malformed_files = {
    {"", "is empty"},
    {"x", "is neither a picture nor an IDX file"},
    {"hello, world", "is neither a picture nor an IDX file"},
    {"P", "is neither a picture nor an IDX file"},
    {"P55 3 2 255 abcdef", "is neither a picture nor an IDX file"},
    {"P8 3 2 255 abcdef", "is neither a picture nor an IDX file"},
    {"\0"s, "is neither a picture nor an IDX file"},
#ifndef XTAPE_HAS_IMAGES
    {"\x89PNG\r\n\x1a\n", "is a PNG file, which is not read; convert it to PGM"},
    {"\xff\xd8\xff\xe0", "is a JPEG file, which is not read; convert it to PGM"},
#endif
    {"GIF89a", "is a GIF file, which is not read; convert it to PGM"},
    {"BM....", "is a BMP file, which is not read; convert it to PGM"},
    {"RIFF....WEBP", "is a WebP file, which is not read; convert it to PGM"},
    {"II*\0"s, "is a TIFF file, which is not read; convert it to PGM"},
    {"P6 3 2 255 ", "is a PPM, in color, which is not read; convert it to PGM"},
    {"P3\n3 2\n255\n", "is a PPM, in color, which is not read; convert it to PGM"},
    {"P1 3 2 0 1 0 1 0 1", "is a black and white PBM, which is not read; convert it to PGM"},
    {"P4 3 2 ..", "is a black and white PBM, which is not read; convert it to PGM"},
    {"P7\nWIDTH 3", "is a PAM, which is not read; convert it to PGM"},
    {"P5", "is truncated: it ends at byte 2, before the width"},
    {"P5\n", "is truncated: it ends at byte 3, before the width"},
    {"P5 # no end", "is truncated: it ends at byte 11, before the width"},
    {"P5 x", "is damaged: byte 3 is not a digit of the width"},
    {"P5 -3 2 255 abcdef", "is damaged: byte 3 is not a digit of the width"},
    {"P5 +3 2 255 abcdef", "is damaged: byte 3 is not a digit of the width"},
    {"P5 3", "is truncated: it ends at byte 4, before the height"},
    {"P5 3x2 255 abcdef", "is damaged: byte 4 is not a digit of the width"},
    {"P5 3 2.0 255 abcdef", "is damaged: byte 6 is not a digit of the height"},
    {"P5 3 2", "is truncated: it ends at byte 6, before the largest value"},
    {"P5 3 2 ", "is truncated: it ends at byte 7, before the largest value"},
    {"P5 3 2 0 abcdef", "is damaged: its largest value is 0, expected 1 to 65535"},
    {"P5 3 2 65536 abcdef", "is damaged: its largest value is 65536, expected 1 to 65535"},
    {"P5 3 2 255", "is truncated: it ends at byte 10, before the pixels"},
    {"P5 3 2 255x", "is damaged: byte 10 is not a digit of the largest value"},
    {"P5 3 2 255 abcde", "is truncated: its pixels end at byte 17, the file at 16"},
    {"P5 3 2 256 abcdefghijk", "is truncated: its pixels end at byte 23, the file at 22"},
    {"P5 3 2 255 abcdefg", "is damaged: it goes on behind its pixels, at byte 17"},
    {"P5 3 2 255 abcdef\n", "is damaged: it goes on behind its pixels, at byte 17"},
    {"P5 3 2 99 abcdef", "is damaged: pixel 3 is 100, above its largest value 99"},
    {"P5 3 2 256 \1\0\1\1aaaaaaaa"s, "is damaged: pixel 1 is 257, above its largest value 256"},
    {"P5 2 3 255 abcdef", "is 2 x 3, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {"P5 28 28 255 abcdef", "is 28 x 28, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {"P5 0 0 255 ", "is 0 x 0, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {"P5 0 2 255 ", "is 0 x 2, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {"P5 1000000000 1000000000 255 ", "is 1000000000 x 1000000000, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {"P5 1000000001 2 255 ", "is damaged: the width is above 1000000000"},
    {"P5 3 18446744073709551618 255 abcdef", "is damaged: the height is above 1000000000"},
    {"P2 3 2 255 1 2 3 4 5", "is truncated: it ends at byte 20, before a pixel"},
    {"P2 3 2 255 1 2 3 4 5 6 7", "is damaged: it goes on behind its pixels, at byte 23"},
    {"P2 3 2 255 1 2 3 4 5 6 P2", "is damaged: it goes on behind its pixels, at byte 23"},
    {"P2 3 2 255 1 2 3 4 5 256", "is damaged: pixel 5 is 256, above its largest value 255"},
    {"P2 3 2 255 1 2 3 4 5 -6", "is damaged: byte 21 is not a digit of a pixel"},
    {"P2 3 2 255 1 2 3 4 5 0x6", "is damaged: byte 22 is not a digit of a pixel"},
    {"P2 3 2 255 1,2,3,4,5,6", "is damaged: byte 12 is not a digit of a pixel"},
    {"P2 3 2 0 0 0 0 0 0 0", "is damaged: its largest value is 0, expected 1 to 65535"},
    {testing::idx({2, 3, 2}), "is 2 x 3, the model takes 3 x 2; resize it, as ImageMagick's convert -resize '3x2!' does"},
    {testing::idx({6}), "holds uint8 of shape (6), expected pictures: uint8 (N, 2, 3)"},
    {testing::idx({1, 1, 2, 3}), "holds uint8 of shape (1, 1, 2, 3), expected pictures: uint8 (N, 2, 3)"},
    {testing::idx_header({2, 3}, 0x09) + "abcdef", "holds int32 of shape (2, 3), expected pictures: uint8 (N, 2, 3)"},
};
// clang-format on

TEST(Picture, IsRefusedWithTheReasonIfItIsMalformed) {
  const TempDir dir;
  for (const Malformed& file : malformed_files) {
    write_file(dir / "p", file.bytes);
    const std::string error = "FileError: FILE: \"" + dir / "p" + "\" " + file.what;
    testing::expect_errors({{error.c_str(), [&dir] { read_pictures(dir / "p", 2, 3); }}});
  }
}

TEST(Picture, IsRefusedAsIdxWithTheReadersReason) {
  const TempDir dir;
  const std::vector<Malformed> idx_files = {
      {testing::idx({2, 2, 3}).substr(0, 27),
       "is truncated or damaged: its header says uint8 of shape (2, 2, 3), more "
       "than it can hold"},
      {testing::idx_header({0xffffffff, 2, 3}),
       "is truncated or damaged: its header says uint8 of shape (4294967295, "
       "2, 3), more than it can hold"},
      {testing::idx({2, 3}) + "x", "has data after the array, at byte 18"},
      {"\0\0\x08"s, "is truncated: the magic number ends at byte 4, the file at 3"},
      {"\0\0\x07\x03"s, "is not an IDX file: it begins with 00 00 07 03"},
  };
  for (const Malformed& file : idx_files) {
    write_file(dir / "p", file.bytes);
    const std::string error = "FileError: read_idx: \"" + dir / "p" + "\" " + file.what;
    testing::expect_errors({{error.c_str(), [&dir] { read_pictures(dir / "p", 2, 3); }}});
  }
}

#ifdef XTAPE_HAS_IMAGES
TEST(Picture, IsReadFromPngAndJpeg) {
  const Pictures p = pictures(testing::png(2, 3, "\x00\x01\x7f\x80\xfe\xff"s));
  EXPECT_EQ(p.images.shape(), (Shape{1, 1, 2, 3}));
  EXPECT_FALSE(p.is_list);
  EXPECT_EQ(p.height, 2);
  EXPECT_EQ(p.width, 3);
  expect_close(p.images, {0, 1, 127, 128, 254, 255});
  expect_close(pictures(testing::jpeg(2, 3, {.colors = testing::JpegColors::grey}, std::string(6, 'd'))).images,
               {100, 100, 100, 100, 100, 100});
}

TEST(Picture, FromAPngBecomesGreyAndIsResized) {
  const std::string row = "\xff\xff\xff\xff\xff\xff\x00\xff\x00"s;
  const Pictures p = pictures(testing::png(4, 3, row + row + std::string(18, '\2')));
  EXPECT_EQ(p.height, 4);
  EXPECT_EQ(p.width, 3);
  expect_close(p.images, {255, 255, 150, 2, 2, 2});
}

TEST(Picture, FromADamagedPngOrJpegIsRefusedWithTheReadersReason) {
  const TempDir dir;
  const std::vector<Malformed> files = {
      {"\x89PNG\r\n\x1a\n", "is truncated: its header ends at byte 29, the file at 8"},
      {"\x89PNG", "is neither a PNG nor a JPEG file"},
      {"\xff\xd8\xff\xe0", "is truncated: it ends at byte 4"},
      {testing::png_header(100'000, 100'000), "has 100000 x 100000 pixels, more than most_pixels = 67108864"},
  };
  for (const Malformed& file : files) {
    write_file(dir / "p", file.bytes);
    const std::string error = "FileError: decode_image: \"" + dir / "p" + "\" " + file.what;
    testing::expect_errors({{error.c_str(), [&dir] { read_pictures(dir / "p", 2, 3); }}});
  }
}
#endif

TEST(Picture, IsNoDirectoryAndNoMissingFile) {
  const TempDir dir;
  const std::string directory = "FileError: FILE: \"" + dir.string() + "\" is a directory, not a file";
  const std::string missing = "FileError: FILE: \"" + dir / "none" + "\": No such file or directory";
  const std::string device = "FileError: read_idx: \"/dev/zero\" is not a regular file";
  testing::expect_errors({
      {directory.c_str(), [&dir] { read_pictures(dir.string(), 2, 3); }},
      {missing.c_str(), [&dir] { read_pictures(dir / "none", 2, 3); }},
      {device.c_str(), [] { read_pictures("/dev/zero", 2, 3); }},
  });
}

/// Loads or throws a FileError of one line, whatever the damage; a truncated file never loads.
void expect_robust(const std::string& bytes, bool may_lose_its_end) {
  const TempDir dir;
  const auto loads = [&dir](const std::string& damaged) {
    return testing::loads(dir / "p", damaged, [&dir] {
      const Tensor images = read_pictures(dir / "p", 2, 3).images;
      EXPECT_EQ(images.shape(), (Shape{images.size(0), 1, 2, 3}));
    });
  };
  EXPECT_TRUE(loads(bytes));
  testing::for_each_truncation(
      bytes, [&](const std::string& damaged) { EXPECT_TRUE(!loads(damaged) || may_lose_its_end) << damaged.size(); });
  testing::for_each_flipped_bit(bytes, [&](const std::string& damaged, std::size_t) { loads(damaged); });
}

TEST(Picture, LoadsOrIsRefusedWhateverItsDamage) {
  expect_robust("P5\n# c\n3 2\n255\nabcdef", false);
  expect_robust("P5\n3 2\n65535\nabcdefghijkl", false);
  expect_robust("P2\n3 2\n255\n1 22 3\n# c\n4 5 66\n", true);
  expect_robust(testing::idx({2, 2, 3}), false);
}

}  // namespace
}  // namespace xtape
