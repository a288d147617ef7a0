// Resizing by area, against means that are computed pixel by pixel.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/images.hpp"

namespace xtape::images {
namespace {

using testing::expect_close;
using testing::expect_errors;

/// The mean over the area of each new pixel, in floating point.
double mean_of(const Tensor& plane, std::int64_t height, std::int64_t width, std::int64_t i, std::int64_t j) {
  const double h = static_cast<double>(plane.size(0)), w = static_cast<double>(plane.size(1));
  const double top = h * static_cast<double>(i) / static_cast<double>(height),
               bottom = top + h / static_cast<double>(height);
  const double left = w * static_cast<double>(j) / static_cast<double>(width),
               right = left + w / static_cast<double>(width);
  const auto pixels = plane.to_vector<std::uint8_t>();
  double sum = 0;
  for (std::int64_t s = 0; s < plane.size(0); ++s) {
    for (std::int64_t t = 0; t < plane.size(1); ++t) {
      const double y = static_cast<double>(s), x = static_cast<double>(t);
      const double high = std::min(bottom, y + 1) - std::max(top, y), wide = std::min(right, x + 1) - std::max(left, x);
      if (high > 0 && wide > 0) sum += high * wide * pixels[static_cast<std::size_t>(s * plane.size(1) + t)];
    }
  }
  return sum / ((bottom - top) * (right - left));
}

TEST(ResizeArea, TakesTheMeanOfTheAreaThatAPixelCovers) {
  manual_seed(5);
  for (const auto& [height, width, to_height, to_width] : std::vector<std::array<std::int64_t, 4>>{{8, 8, 4, 4},
                                                                                                   {9, 7, 4, 3},
                                                                                                   {5, 6, 1, 1},
                                                                                                   {3, 2, 7, 5},
                                                                                                   {1, 1, 3, 4},
                                                                                                   {11, 4, 5, 9},
                                                                                                   {13, 13, 12, 12},
                                                                                                   {2, 31, 3, 30}}) {
    const Tensor x = randint(0, 256, {2, height, width}, {.dtype = uint8}), y = resize_area(x, to_height, to_width);
    ASSERT_EQ(y.shape(), (Shape{2, to_height, to_width}));
    ASSERT_EQ(y.dtype(), uint8);
    for (std::int64_t c = 0; c < 2; ++c) {
      for (std::int64_t i = 0; i < to_height; ++i) {
        for (std::int64_t j = 0; j < to_width; ++j) {
          EXPECT_NEAR(y[c][i][j].item<int>(), mean_of(x[c], to_height, to_width, i, j), 0.5 + 1e-9);
        }
      }
    }
  }
}

TEST(ResizeArea, RoundsToNearest) {  // SEMANTICS [74]
  expect_close(resize_area(tensor({0, 1, 1, 1}, {.dtype = uint8}).reshape({1, 1, 4}), 1, 2), {1, 1});
  expect_close(resize_area(tensor({0, 0, 0, 1}, {.dtype = uint8}).reshape({1, 2, 2}), 1, 1), {0});
  expect_close(resize_area(tensor({0, 0, 3, 255, 0, 0}, {.dtype = uint8}).reshape({1, 1, 6}), 1, 2), {1, 85});
}

TEST(ResizeArea, WeighsPixelsByTheirParts) {  // SEMANTICS [74]
  expect_close(resize_area(tensor({0, 90, 180}, {.dtype = uint8}).reshape({1, 1, 3}), 1, 2), {30, 150});
  expect_close(resize_area(tensor({0, 90}, {.dtype = uint8}).reshape({1, 2, 1}), 3, 1), {0, 45, 90});
}

TEST(ResizeArea, CopiesAnImageOfTheSameSize) {
  const Tensor x = randint(0, 256, {2, 3, 4, 5}, {.dtype = uint8});
  EXPECT_TRUE(equal(resize_area(x, 4, 5), x));
}

TEST(ResizeArea, KeepsAConstantImage) {
  const Tensor x = full({1, 1000, 3}, 255, {.dtype = uint8});
  EXPECT_TRUE(equal(resize_area(x, 7, 11), full({1, 7, 11}, 255, {.dtype = uint8})));
}

TEST(ResizeArea, TakesBatches) {
  const Tensor x = randint(0, 256, {3, 2, 5, 4}, {.dtype = uint8}), y = resize_area(x, 2, 3);
  ASSERT_EQ(y.shape(), (Shape{3, 2, 2, 3}));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(equal(y[i], resize_area(x[i], 2, 3)));
  EXPECT_EQ(resize_area(zeros({0, 3, 5, 4}, {.dtype = uint8}), 2, 3).shape(), (Shape{0, 3, 2, 3}));
}

TEST(ResizeArea, RefusesWhatIsNoImage) {
  const Tensor x = zeros({1, 2, 2}, {.dtype = uint8});
  expect_errors({
      {"DTypeError: resize_area: expected uint8, got float32",
       [] {
         resize_area(zeros({1, 2, 2}), 1, 1);
       }},
      {"ShapeError: resize_area: expected images (C, H, W) or (N, C, H, W), got (2, 2)",
       [&] { resize_area(x[0], 1, 1); }},
      {"ShapeError: resize_area: expected images (C, H, W) or (N, C, H, W), got (1, 0, 2)",
       [] {
         resize_area(zeros({1, 0, 2}, {.dtype = uint8}), 1, 1);
       }},
      {"ValueError: resize_area: height and width must be from 1 to 65535, got 0 x 3", [&] { resize_area(x, 0, 3); }},
      {"ValueError: resize_area: height and width must be from 1 to 65535, got 3 x 65536",
       [&] { resize_area(x, 3, 65536); }},
      {"ValueError: resize_area: got an undefined tensor", [] { resize_area(Tensor(), 1, 1); }},
  });
}

}  // namespace
}  // namespace xtape::images
