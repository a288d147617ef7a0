#include "kernels/image.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace xtape::kernels {
namespace {

using Values = std::vector<float>;

constexpr float untouched = -7;

Values shifted(const Values& x, ImageSize size, std::int64_t down, std::int64_t right) {
  Values y(x.size(), untouched);
  shift_image(size, down, right, x.data(), y.data());
  return y;
}

TEST(ShiftImage, MovesRowsAndColumnsAndBringsInZeros) {
  const Values x = {1, 2, 3, 4, 5, 6};
  const ImageSize size{1, 2, 3};
  EXPECT_EQ(shifted(x, size, 0, 0), x);
  EXPECT_EQ(shifted(x, size, 1, 0), (Values{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(shifted(x, size, -1, 0), (Values{4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(shifted(x, size, 0, 1), (Values{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(shifted(x, size, 0, -2), (Values{3, 0, 0, 6, 0, 0}));
  EXPECT_EQ(shifted(x, size, 1, -1), (Values{0, 0, 0, 2, 3, 0}));
  EXPECT_EQ(shifted(x, size, -1, 2), (Values{0, 0, 4, 0, 0, 0}));
}

TEST(ShiftImage, LeavesNothingOfAPictureThatIsSmaller) {
  const Values x = {1, 2, 3, 4, 5, 6};
  for (const std::int64_t far : {2, 3, 4, 1 << 20}) {
    EXPECT_EQ(shifted(x, {1, 2, 3}, far, 0), Values(6));
    EXPECT_EQ(shifted(x, {1, 2, 3}, -far, 0), Values(6));
    EXPECT_EQ(shifted(x, {1, 3, 2}, 0, far), Values(6));
    EXPECT_EQ(shifted(x, {1, 3, 2}, 0, -far), Values(6));
  }
  EXPECT_EQ(shifted({5}, {1, 1, 1}, 0, 0), Values{5});
  EXPECT_EQ(shifted({5}, {1, 1, 1}, 1, 0), Values{0});
  EXPECT_EQ(shifted({5}, {1, 1, 1}, 0, -1), Values{0});
}

TEST(ShiftImage, MovesEachChannelAlike) {
  EXPECT_EQ(shifted({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2}, 1, 1), (Values{0, 0, 0, 1, 0, 0, 0, 5}));
  EXPECT_EQ(shifted({1, 2, 3, 4}, {4, 1, 1}, 0, 0), (Values{1, 2, 3, 4}));
}

TEST(FlipImage, ReversesEachRow) {
  const Values x = {1, 2, 3, 4, 5, 6};
  Values y(6, untouched);
  flip_image({2, 1, 3}, x.data(), y.data());
  EXPECT_EQ(y, (Values{3, 2, 1, 6, 5, 4}));
  flip_image({1, 6, 1}, x.data(), y.data());
  EXPECT_EQ(y, x);
}

std::vector<double> rotated(ImageSize size, double turns, bool bilinear, double fill = 0) {
  std::vector<double> x(static_cast<std::size_t>(size.channels * size.plane())), y(x.size(), untouched);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i + 1);
  rotate_image(size, turns, bilinear, {&fill, 0}, x.data(), y.data());
  return y;
}

TEST(RotateImage, TurnsCounterClockwise) {
  using Numbers = std::vector<double>;
  for (const bool bilinear : {false, true}) {
    EXPECT_EQ(rotated({1, 2, 2}, 0, bilinear), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(rotated({1, 2, 2}, 0.25, bilinear), (Numbers{2, 4, 1, 3}));
    EXPECT_EQ(rotated({1, 2, 3}, 0.5, bilinear), (Numbers{6, 5, 4, 3, 2, 1}));
    EXPECT_EQ(rotated({1, 3, 3}, -0.25, bilinear), (Numbers{7, 4, 1, 8, 5, 2, 9, 6, 3}));
    EXPECT_EQ(rotated({2, 1, 1}, 0.25, bilinear), (Numbers{1, 2}));
    EXPECT_EQ(rotated({2, 2, 2}, 0.5, bilinear), (Numbers{4, 3, 2, 1, 8, 7, 6, 5}));
  }
  EXPECT_EQ(rotated({1, 3, 1}, 0.25, false, 9), (Numbers{9, 2, 9}));
}

// What torchvision 0.20 makes of the numbers 1 to 12 with fill 0.5: its formula, computed by torch's grid_sample.
TEST(RotateImage, AgreesWithTorchvisionAtOddAngles) {
  const auto expect = [](double degrees, bool bilinear, const std::vector<double>& expected) {
    const std::vector<double> y = rotated({1, 3, 4}, degrees / 360, bilinear, 0.5);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(y[i], expected[i], 1e-7) << degrees << " degrees, element " << i;
  };
  // clang-format off
  expect(30, false, {0.5, 3, 3, 8, 1, 6, 7, 12, 5, 10, 10, 0.5});
  expect(30, true, {0.5587966, 2.063885, 4.9689111, 3.8522645, 2.2009619, 5.0669873, 7.9330127, 10.7990381, 2.8342921,
                    8.0310889, 8.2104845, 1.9739032});
  expect(-20, false, {5, 2, 3, 4, 9, 6, 7, 4, 9, 10, 11, 8});
  expect(-20, true, {1.9705953, 2.6134033, 2.1335669, 1.2948772, 7.1425819, 6.714194, 6.285806, 5.8574181, 3.0515055,
                     8.2581819, 10.3865967, 5.5630935});
  expect(90, true, {1.125, 5.5, 9.5, 3.125, 0.875, 4.5, 8.5, 2.875, 0.625, 3.5, 7.5, 2.625});
  expect(45, false, {0.5, 3, 8, 8, 1, 6, 7, 12, 5, 5, 10, 0.5});
  expect(45, true, {0.499646, 2.5481895, 6.1464466, 5.1814575, 1.300345, 4.732233, 8.267767, 10.2309863, 2.0564575,
                    6.8535534, 8.9831417, 0.9692394});
  // clang-format on
}

}  // namespace
}  // namespace xtape::kernels
