// Every kind of JPEG that is read, and damage.
#include "images/pictures.hpp"
#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/misuse.hpp"
#include "xtape/images.hpp"

namespace xtape::images {
namespace {

using testing::expect_error;
using testing::jpeg;
using testing::JpegColors;
using testing::JpegKind;
using testing::smooth;
using namespace std::string_literals;

Tensor decoded_jpeg(const std::string& file, const ReadOptions& options = {}) {
  return decode_image({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, options);
}

/// The pixels (H, W, C) as planes.
Tensor planes(const std::string& pixels, std::int64_t height, std::int64_t width, std::int64_t channels) {
  std::vector<std::uint8_t> bytes(pixels.begin(), pixels.end());
  return tensor(bytes, {height, width, channels}).permute({2, 0, 1});
}

void expect_near(const Tensor& x, const Tensor& y, int tolerance) {
  ASSERT_EQ(x.shape(), y.shape());
  EXPECT_LE((x.to(int32) - y.to(int32)).abs().max().item<int>(), tolerance);
}

TEST(Jpeg, OfGreyHasOneChannel) {
  const std::string pixels = smooth(9, 17, 1);
  const Tensor x = decoded_jpeg(jpeg(9, 17, {.colors = JpegColors::grey}, pixels));
  EXPECT_EQ(x.dtype(), uint8);
  expect_near(x, planes(pixels, 9, 17, 1), 2);
}

TEST(Jpeg, OfColorsHasThreePlanes) {
  const std::string pixels = smooth(16, 24, 3);
  for (const JpegColors colors : {JpegColors::ycc, JpegColors::rgb}) {
    for (const bool progressive : {false, true}) {
      const JpegKind kind{.colors = colors, .progressive = progressive};
      expect_near(decoded_jpeg(jpeg(16, 24, kind, pixels)), planes(pixels, 16, 24, 3), 6);
    }
  }
}

TEST(Jpeg, OfInkIsConvertedAsAdobeWritesIt) {  // SEMANTICS [73]
  std::string pixels;                          // inverted: 255 is no ink
  for (int i = 0; i < 64; ++i) pixels += "\xff\x80\x00\xc0"s;
  for (const JpegColors colors : {JpegColors::cmyk, JpegColors::ycck}) {
    const Tensor x = decoded_jpeg(jpeg(8, 8, {.colors = colors}, pixels));
    ASSERT_EQ(x.shape(), (Shape{3, 8, 8}));
    for (std::int64_t c = 0; c < 3; ++c) {
      const int expected[] = {192, 96, 0};
      EXPECT_NEAR(x[c][3][4].item<int>(), expected[c], 3) << c;
    }
  }
}

TEST(Jpeg, BecomesGreyByWayOfItsColors) {
  const std::string file = jpeg(8, 8, {}, smooth(8, 8, 3));
  const Tensor rgb = decoded_jpeg(file).to(int32), grey = decoded_jpeg(file, {.channels = 1});
  const Tensor expected = rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 32768;
  for (std::int64_t i = 0; i < 8; ++i) EXPECT_EQ(grey[0][i][i].item<int>(), expected[i][i].item<int>() >> 16);
}

TEST(Jpeg, IsFoundBehindALongComment) {
  const std::string pixels = smooth(8, 8, 3), file = jpeg(8, 8, {.comment = std::string(150'000, 'x')}, pixels);
  expect_near(decoded_jpeg(file), planes(pixels, 8, 8, 3), 6);
}

TEST(Jpeg, MayHaveBytesBetweenItsMarkersAndBehindItsEnd) {  // SEMANTICS [73]
  const std::string file = jpeg(8, 8, {}, smooth(8, 8, 3));
  const Tensor x = decoded_jpeg(file);
  const std::string padded = file.substr(0, file.size() - 2) + std::string(9, '\0') + "\xff\xd9" + "behind";
  EXPECT_TRUE(equal(decoded_jpeg(padded), x));
}

TEST(Jpeg, IsRefusedCutAnywhere) {  // SEMANTICS [73]
  for (const bool progressive : {false, true}) {
    const std::string file = jpeg(16, 16, {.progressive = progressive, .quality = 50}, smooth(16, 16, 3));
    testing::for_each_truncation(file, [](const std::string& bytes) {
      expect_error<FileError>([&] { decoded_jpeg(bytes); }, "decode_image: the picture");
    });
    expect_error<FileError>([&] { decoded_jpeg(file.substr(0, file.size() - 9)); },
                            "is truncated: it ends at byte " + std::to_string(file.size() - 9));
  }
}

TEST(Jpeg, SurvivesEveryFlippedBit) {
  std::size_t refused = 0;
  testing::for_each_flipped_bit(jpeg(8, 8, {.quality = 50}, smooth(8, 8, 3)),
                                [&](const std::string& bytes, std::size_t) {
                                  try {
                                    decoded_jpeg(bytes);  // nothing protects the pixels
                                  } catch (const FileError& e) {
                                    ++refused;
                                    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
                                  }
                                });
  EXPECT_GT(refused, 300u);
}

/// The file with another size in its header.
std::string resized_header(std::string file, std::uint16_t height, std::uint16_t width) {
  const std::size_t at = file.find("\xff\xc0") + 5;
  file[at] = static_cast<char>(height >> 8);
  file[at + 1] = static_cast<char>(height);
  file[at + 2] = static_cast<char>(width >> 8);
  file[at + 3] = static_cast<char>(width);
  return file;
}

TEST(Jpeg, LargerThanItCanBeIsRefusedBeforeItIsDecoded) {  // SEMANTICS [73]
  const std::string file = jpeg(8, 8, {}, smooth(8, 8, 3));
  expect_error<FileError>([&] { decoded_jpeg(resized_header(file, 65500, 65500)); },
                          "has 65500 x 65500 pixels, more than most_pixels = 67108864");
  expect_error<FileError>([&] { decoded_jpeg(resized_header(file, 8000, 8000)); },
                          "is truncated or damaged: its header says 8000 x 8000 pixels, more than it can hold");
  expect_error<FileError>([&] { decoded_jpeg(resized_header(file, 0, 8)); },
                          "is damaged or of a kind that is not read");
}

TEST(Jpeg, OfManyScansIsRefused) {  // SEMANTICS [73]
  const std::string file = jpeg(8, 8, {.colors = JpegColors::grey, .many_scans = true}, smooth(8, 8, 1));
  expect_error<FileError>([&] { decoded_jpeg(file); }, "not read: libjpeg says \"more than 100 scans\"");
}

TEST(Jpeg, OfAKindThatIsNotReadIsRefused) {
  std::string file = jpeg(8, 8, {}, smooth(8, 8, 3));
  const std::size_t frame = file.find("\xff\xc0");
  std::string lossless = file, twelve = file;
  lossless[frame + 1] = '\xc3';
  twelve[frame + 4] = 12;
  expect_error<FileError>([&] { decoded_jpeg(lossless); },
                          "not read: libjpeg says \"Unsupported JPEG process: SOF type 0xc3\"");
  expect_error<FileError>([&] { decoded_jpeg(twelve); },
                          "not read: libjpeg says \"Unsupported JPEG data precision 12\"");
}

}  // namespace
}  // namespace xtape::images
