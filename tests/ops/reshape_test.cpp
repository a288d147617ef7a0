#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::cube;
using testing::expect_close;
using testing::expect_error;
using testing::expect_gradients;

TEST(Reshape, KeepsElementsInOrder) {
  Tensor y = reshape(cube(), {4, 6});
  EXPECT_EQ(y.shape(), (Shape{4, 6}));
  EXPECT_EQ(y.to_vector<double>(), cube().to_vector<double>());
}

TEST(Reshape, FillsInOneExtent) {
  EXPECT_EQ(reshape(cube(), {-1, 4}).shape(), (Shape{6, 4}));
  EXPECT_EQ(reshape(cube(), {2, -1, 2}).shape(), (Shape{2, 6, 2}));
  EXPECT_EQ(reshape(tensor(1.f), {-1}).shape(), (Shape{1}));
  EXPECT_EQ(reshape(zeros({0, 3}), {-1, 3}).shape(), (Shape{0, 3}));
}

TEST(Reshape, SharesStorage) {
  Tensor x = zeros({2, 2});
  reshape(x, {4}).fill_(1);
  expect_close(x, {1, 1, 1, 1});
}

TEST(Reshape, MakesAScalarOfOneElement) { EXPECT_EQ(reshape(ones({1, 1}), {}).shape(), Shape{}); }

TEST(Reshape, AgreesWithCentralDifferences) {
  auto f = [](const std::vector<Tensor>& in) { return reshape(in[0] * in[0], {4, 6}); };
  expect_gradients(f, {cube().requires_grad_()});
}

TEST(Reshape, NamesBothShapesWhenTheyDoNotFit) {
  expect_error<ShapeError>([] { reshape(cube(), {5, 5}); }, "reshape: 24 elements of (2, 3, 4) do not fit (5, 5)");
  expect_error<ShapeError>([] { reshape(cube(), {-1, 5}); }, "do not fit (-1, 5)");
  expect_error<ShapeError>([] { reshape(cube(), {-1, -1}); }, "at most one");
  expect_error<ShapeError>([] { reshape(cube(), {-2, 12}); }, "none below");
  expect_error<ShapeError>([] { reshape(zeros({0, 3}), {-1, 0}); }, "-1 could be anything");
  expect_error<ShapeError>([] { reshape(cube(), {INT64_MAX, 4}); }, "too many");
  expect_error<ShapeError>([] { reshape(ones({1}), {1, 1, 1, 1, 1, 1, 1, 1, 1}); }, "more than 8 dims");
  expect_error<ValueError>([] { reshape(Tensor(), {1}); }, "reshape: ", "undefined");
}

TEST(Flatten, JoinsARangeOfDims) {
  EXPECT_EQ(flatten(cube()).shape(), (Shape{24}));
  EXPECT_EQ(flatten(cube(), 1).shape(), (Shape{2, 12}));
  EXPECT_EQ(flatten(cube(), 0, 1).shape(), (Shape{6, 4}));
  EXPECT_EQ(flatten(cube(), -1).shape(), (Shape{2, 3, 4}));
  EXPECT_EQ(flatten(zeros({3, 0, 2}), 1).shape(), (Shape{3, 0}));
  EXPECT_EQ(flatten(tensor(1.f)).shape(), (Shape{1}));
}
TEST(Flatten, SharesStorage) {
  Tensor x = zeros({2, 2});
  flatten(x).fill_(1);
  expect_close(x, {1, 1, 1, 1});
}
TEST(Flatten, AgreesWithCentralDifferences) {
  expect_gradients([](const std::vector<Tensor>& in) { return flatten(in[0] * in[0], 1); }, {cube().requires_grad_()});
}
TEST(Flatten, RefusesDimsOutOfOrderOrRange) {
  expect_error<ValueError>([] { flatten(cube(), 2, 1); }, "flatten: start_dim 2 comes after end_dim 1");
  expect_error<IndexError>([] { flatten(cube(), 3); }, "flatten: dim 3");
}

TEST(Squeeze, DropsExtentsOfOne) {
  EXPECT_EQ(squeeze(zeros({1, 2, 1, 3})).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(zeros({1, 1})).shape(), Shape{});
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), 0).shape(), (Shape{2, 1}));
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), -1).shape(), (Shape{1, 2}));
}
TEST(Squeeze, LeavesOtherExtentsAlone) {
  EXPECT_EQ(squeeze(zeros({2, 3}), 0).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(zeros({0, 1})).shape(), (Shape{0}));
  EXPECT_EQ(squeeze(tensor(1.f), 0).shape(), Shape{});
}
TEST(Squeeze, SharesStorageAndHasAGradient) {
  Tensor x = zeros({2, 1});
  squeeze(x).fill_(1);
  expect_close(x, {1, 1});
  auto f = [](const std::vector<Tensor>& in) { return squeeze(in[0] * in[0], 1); };
  expect_gradients(f, {cube().reshape({24, 1}).requires_grad_()});
}
TEST(Squeeze, RefusesADimOutsideTheRange) {
  expect_error<IndexError>([] { squeeze(zeros({1, 2}), 2); }, "squeeze: dim 2 is outside [-2, 2)");
}

TEST(Unsqueeze, InsertsAnExtentOfOne) {
  EXPECT_EQ(unsqueeze(zeros({2, 3}), 0).shape(), (Shape{1, 2, 3}));
  EXPECT_EQ(unsqueeze(zeros({2, 3}), 1).shape(), (Shape{2, 1, 3}));
  EXPECT_EQ(unsqueeze(zeros({2, 3}), -1).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(unsqueeze(tensor(1.f), 0).shape(), (Shape{1}));
}
TEST(Unsqueeze, SharesStorageAndHasAGradient) {
  Tensor x = zeros({2});
  unsqueeze(x, 0).fill_(1);
  expect_close(x, {1, 1});
  expect_gradients([](const std::vector<Tensor>& in) { return unsqueeze(in[0] * in[0], 1); }, {cube().requires_grad_()});
}
TEST(Unsqueeze, RefusesADimOutsideTheRange) {
  expect_error<IndexError>([] { unsqueeze(zeros({2}), 2); }, "unsqueeze: dim 2 is outside [-2, 2)");
  expect_error<ShapeError>([] { unsqueeze(zeros({1, 1, 1, 1, 1, 1, 1, 1}), 0); }, "more than 8 dims");
}

}  // namespace
}  // namespace xtape
