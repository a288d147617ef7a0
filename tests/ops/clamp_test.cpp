#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

TEST(Clamp, PullsIntoTheRange) {
  expect_close(clamp(tensor({-2.0f, -1.0f, 0.5f, 1.0f, INFINITY, -INFINITY}), -1, 1), {-1, -1, 0.5, 1, 1, -1});
  expect_close(tensor({-3, 0, 9}).clamp(-1, 5), {-1, 0, 5});
}

TEST(Clamp, LetsNaNThrough) { expect_close(clamp(tensor({NAN, 3.0f}), 0, 1), {NAN, 1}); }  // SEMANTICS [21]

TEST(Clamp, IsTheUpperBoundWhereTheBoundsCross) {
  expect_close(clamp(tensor({-2.0f, 0.0f, 2.0f}), 1, -1), {-1, -1, -1});
}

TEST(Clamp, TakesInfiniteBoundsAsNone) { expect_close(clamp(tensor({-2.0f, 0.0f, 2.0f}), -INFINITY, 1), {-2, 0, 1}); }

TEST(Clamp, OfIntegersByFloatingBoundsIsFloat32) {
  const Tensor y = clamp(tensor({1, 2, 3}), 1.5, 2.5);
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {1.5, 2, 2.5});
}

TEST(Clamp, PassesTheGradientInsideAndAtBothBounds) {  // SEMANTICS [21]
  Tensor x = leaf({-2, -1, 0, 1, 2}, {5});
  expect_close(gradient(clamp(x, -1, 1), x, {3, 3, 3, 3, 3}), {0, 3, 3, 3, 0});
}

TEST(Clamp, HasGradientZeroOutsideWhateverTheUpstreamGradient) {
  Tensor x = leaf({-2, INFINITY, NAN, 0}, {4});
  expect_close(gradient(clamp(x, -1, 1), x, {INFINITY, NAN, 1, 1}), {0, 0, 0, 1});
}

}  // namespace
}  // namespace xtape
