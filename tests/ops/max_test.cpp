#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::leaf;

TEST(Max, FindsTheLargest) {
  expect_close(max(tensor({{1.0f, 7.0f}, {-3.0f, 4.0f}})), {7});
  expect_close(max(tensor({3, -9, 2})), {3});
  expect_close(max(tensor(2.5)), {2.5});
  EXPECT_EQ(max(tensor({3, -9, 2})).dtype(), int64);
}

TEST(Min, FindsTheSmallest) {
  expect_close(min(tensor({{1.0f, 7.0f}, {-3.0f, 4.0f}})), {-3});
  expect_close(min(tensor({3, -9, 2})), {-9});
}

TEST(Max, FindsTheLargestAlongADim) {
  const Tensor x = tensor({{1, 5, 3}, {4, 2, 6}});
  const auto [rows, at] = max(x, 1);
  expect_close(rows, {5, 6});
  expect_close(at, {1, 2});
  EXPECT_EQ(at.dtype(), int64);
  EXPECT_EQ(rows.shape(), (Shape{2}));
  expect_close(max(x, 0).values, {4, 5, 6});
  expect_close(max(x, -2).indices, {1, 0, 1});
  EXPECT_EQ(max(x, 0, true).values.shape(), (Shape{1, 3}));
  EXPECT_EQ(max(x, 0, true).indices.shape(), (Shape{1, 3}));
}

TEST(Min, FindsTheSmallestAlongADim) {
  const auto [values, indices] = min(tensor({{{1, 5}, {3, 4}}, {{2, 6}, {0, 9}}}), 1);
  expect_close(values, {1, 4, 0, 6});
  expect_close(indices, {0, 1, 1, 0});
}

TEST(Max, LetsNaNWin) {  // SEMANTICS [21]
  expect_close(max(tensor({1.0f, NAN, INFINITY})), {NAN});
  expect_close(min(tensor({NAN, -INFINITY})), {NAN});
  const Tensor x = tensor({{1.0f, NAN, NAN}, {3.0f, INFINITY, 2.0f}});
  expect_close(max(x, 1).values, {NAN, INFINITY});
  expect_close(max(x, 1).indices, {1, 1});
  expect_close(min(x, 1).indices, {1, 2});
}

TEST(Max, OfMinusInfinitiesIsMinusInfinity) { expect_close(max(tensor({-INFINITY, -INFINITY})), {-INFINITY}); }

TEST(Max, SharesTheGradientAmongEquals) {  // SEMANTICS [21]
  Tensor x = leaf({3, 1, 3}, {3}), z = leaf({-INFINITY, 2, -INFINITY}, {3});
  expect_close(gradient(max(x), x, {1}), {0.5, 0, 0.5});
  expect_close(gradient(min(z), z, {1}), {0.5, 0, 0.5});
}

TEST(Max, SharesTheGradientAmongNaNs) {
  Tensor x = leaf({3, NAN, NAN}, {3});
  expect_close(gradient(max(x), x, {1}), {0, 0.5, 0.5});
}

TEST(Max, AlongADimGivesAllToTheFirstOfEquals) {  // SEMANTICS [21]
  Tensor x = leaf({3, 1, 3, 2, 2, 2}, {2, 3});
  expect_close(max(x, 1).indices, {0, 0});
  expect_close(gradient(max(x, 1).values, x, {1, 5}), {1, 0, 0, 5, 0, 0});
  expect_close(gradient(min(x, 1).values, x, {1, 5}), {0, 1, 0, 5, 0, 0});
  expect_close(gradient(max(x, 0, true).values, x, {1, 2, 3}), {1, 0, 3, 0, 2, 0});
}

TEST(Max, GivesTheOthersZeroWhateverTheUpstreamGradient) {
  Tensor x = leaf({3, 1}, {2});
  expect_close(gradient(max(x), x, {INFINITY}), {INFINITY, 0});
  expect_close(gradient(max(x, 0).values, x, {NAN}), {NAN, 0});
}

TEST(Max, TakesAZeroDimTensorAlongItsOneDim) {
  Tensor x = leaf({3}, {});
  const auto [value, index] = max(x, 0);
  EXPECT_EQ(value.shape(), Shape{});
  expect_close(index, {0});
  expect_close(gradient(value, x, {2}), {2});
}

TEST(Max, NoticesIndicesModifiedInPlace) {
  Tensor x = leaf({3, 1}, {2});
  const ValuesAndIndices y = max(x, 0);
  y.indices.fill_(1);
  expect_error<GradError>([&] { y.values.backward(); }, "max", "modified in place");
}

TEST(Max, OfNoRowsIsEmpty) { EXPECT_EQ(max(zeros({3, 0}), 0).values.shape(), (Shape{0})); }

}  // namespace
}  // namespace xtape
