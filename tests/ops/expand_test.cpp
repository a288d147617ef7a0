#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_gradients;
using testing::leaf;

TEST(Expand, RepeatsExtentsOfOne) {
  expect_close(expand(tensor({{1}, {2}}), {2, 3}), {1, 1, 1, 2, 2, 2});
  expect_close(expand(tensor({1, 2}), {2, 2}), {1, 2, 1, 2});
  expect_close(expand(tensor(7), {3}), {7, 7, 7});
  Tensor y = expand(tensor({{{1}, {2}}}), {2, -1, 2});
  EXPECT_EQ(y.shape(), (Shape{2, 2, 2}));
  expect_close(y, {1, 1, 2, 2, 1, 1, 2, 2});
}

TEST(Expand, Copies) {
  Tensor x = zeros({1});
  expand(x, {3}).fill_(1);
  expect_close(x, {0});
}

TEST(Expand, MayRepeatNoTimes) {
  EXPECT_EQ(expand(zeros({1, 2}), {0, 2}).shape(), (Shape{0, 2}));
  EXPECT_EQ(expand(zeros({0, 1}), {0, 4}).shape(), (Shape{0, 4}));
}

TEST(Expand, SumsTheGradientOverTheCopies) {
  Tensor x = zeros({2, 1}, {.requires_grad = true});
  expand(x, {3, 2, 2}).backward(arange(12, {.dtype = float32}).reshape({3, 2, 2}));
  expect_close(x.grad(), {0 + 1 + 4 + 5 + 8 + 9, 2 + 3 + 6 + 7 + 10 + 11});
}

TEST(Expand, OfNoTimesHasAGradientOfZeros) {
  Tensor x = ones({1, 2}, {.requires_grad = true});
  expand(x, {0, 2}).sum().backward();
  expect_close(x.grad(), {0, 0});
}

TEST(Expand, AgreesWithCentralDifferences) {
  auto f = [](const std::vector<Tensor>& in) { return expand(in[0] * in[0], {2, 3, 2}); };
  expect_gradients(f, {leaf({1, 2, 3}, {3, 1})});
}

TEST(Expand, NamesBothShapesWhenTheyDoNotFit) {
  expect_error<ShapeError>([] { expand(zeros({2, 3}), {4, 3}); }, "expand: (2, 3) does not broadcast to (4, 3)");
  expect_error<ShapeError>([] { expand(zeros({2, 3}), {3}); }, "expand: (3) has fewer dims");
  expect_error<ShapeError>([] { expand(zeros({1}), {-1, 1}); }, "expand: ", "(-1, 1)");
  expect_error<ShapeError>([] { expand(zeros({1}), {-2}); }, "expand: ", "(-2)");
  expect_error<ShapeError>([] { expand(zeros({1}), {INT64_MAX, 8, 1}); }, "too many");
}

}  // namespace
}  // namespace xtape
