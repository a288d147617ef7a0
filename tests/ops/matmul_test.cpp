#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::leaf;

/// "2x3"
std::string extents(const Shape& shape) {
  std::string text;
  for (std::int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

XTAPE_OP_CASES(matmul) {
  const std::pair<Shape, Shape> shapes[] = {
      {{3}, {3}},          {{2, 3}, {3}},
      {{3}, {3, 2}},       {{2, 3}, {3, 4}},
      {{1, 3}, {3, 1}},    {{2, 2, 3}, {3}},
      {{3}, {2, 3, 2}},    {{2, 2, 3}, {2, 3, 2}},
      {{2, 2, 3}, {3, 2}}, {{2, 3}, {2, 3, 2}},
      {{2, 0}, {0, 3}},    {{1, 2, 2}, {2, 2, 2}},
      {{0, 2}, {2, 3}},    {{2, 1, 2, 3}, {3, 3, 1}},
      {{2, 3}, {3, 0}},    {{17, 33}, {33, 19}},
      {{0, 2, 3}, {3, 4}},
  };
  for (const auto& [a, b] : shapes) {
    cases
        .add("matmul", extents(a) + " by " + extents(b), {any(a), any(b)}, "torch.matmul(x[0], x[1])",
             [](Args x) { return matmul(x[0], x[1]); })
        .smooth = a.numel() < 100;
  }
  cases.add("matmul", "by its transpose", {any({2, 3})}, "torch.matmul(x[0], x[0].T)",
            [](Args x) { return matmul(x[0], x[0].transpose(0, 1)); });
}

/// A leaf of that shape whose elements all differ.
Tensor ramp(const Shape& shape) {
  std::vector<double> numbers(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.25 * static_cast<double>(i * 7 % 11) - 1.0;
  return leaf(numbers, shape);
}

TEST(Matmul, MultipliesMatrices) {
  Tensor y = matmul(tensor({{1.f, 2.f}, {3.f, 4.f}}), tensor({{5.f, 6.f, 7.f}, {8.f, 9.f, 10.f}}));
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  expect_close(y, {21, 24, 27, 47, 54, 61});
}

TEST(Matmul, OfTwoVectorsIsTheirDotProduct) {
  Tensor y = matmul(tensor({1.f, 2.f, 3.f}), tensor({4.f, 5.f, 6.f}));
  EXPECT_EQ(y.shape(), Shape{});
  expect_close(y, {32});
}

TEST(Matmul, TakesAVectorOnEitherSideOfAMatrix) {
  Tensor m = tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}});
  expect_close(matmul(m, tensor({1.f, 10.f})), {21, 43, 65});
  expect_close(matmul(tensor({1.f, 10.f, 100.f}), m), {531, 642});
}

TEST(Matmul, TakesAVectorOnEitherSideOfABatch) {
  Tensor m = ramp({2, 3, 4}).detach();
  Tensor right = matmul(m, tensor({1.0, 2.0, 3.0, 4.0}, {.dtype = float64}));
  EXPECT_EQ(right.shape(), (Shape{2, 3}));
  Tensor left = matmul(tensor({1.0, 2.0, 3.0}, {.dtype = float64}), m);
  EXPECT_EQ(left.shape(), (Shape{2, 4}));
  EXPECT_TRUE(equal(right[1], matmul(m[1], tensor({1.0, 2.0, 3.0, 4.0}, {.dtype = float64}))));
  EXPECT_TRUE(equal(left[1], matmul(tensor({1.0, 2.0, 3.0}, {.dtype = float64}), m[1])));
}

TEST(Matmul, BroadcastsBatchDims) {
  Tensor a = ramp({2, 1, 3, 4}).detach(), b = ramp({5, 4, 2}).detach();
  Tensor y = matmul(a, b);
  ASSERT_EQ(y.shape(), (Shape{2, 5, 3, 2}));
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 5; ++j) EXPECT_TRUE(equal(y[i][j], matmul(a[i][0], b[j]))) << i << ", " << j;
  }
}

TEST(Matmul, OfABatchAndOneMatrixIsThatOfEachSlice) {
  Tensor a = ramp({3, 2, 4}).detach(), b = ramp({4, 5}).detach();
  Tensor y = matmul(a, b), z = matmul(b.transpose(0, 1), a.transpose(1, 2));
  ASSERT_EQ(y.shape(), (Shape{3, 2, 5}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(equal(y[i], matmul(a[i], b))) << i;
  EXPECT_TRUE(equal(z, y.transpose(1, 2)));
}

TEST(Matmul, OverNothingIsZero) {
  Tensor y = matmul(zeros({2, 0}), zeros({0, 3}));
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  expect_close(y, {0, 0, 0, 0, 0, 0});
  expect_close(matmul(zeros({0}), zeros({0})), {0});
}

TEST(Matmul, KeepsExtentsOfZero) {
  EXPECT_EQ(matmul(zeros({0, 2}), zeros({2, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(matmul(zeros({2, 3}), zeros({3, 0})).shape(), (Shape{2, 0}));
  EXPECT_EQ(matmul(zeros({0, 2, 3}), zeros({3, 4})).shape(), (Shape{0, 2, 4}));
  EXPECT_EQ(matmul(zeros({0, 2, 3}), zeros({1, 3, 4})).shape(), (Shape{0, 2, 4}));
}

TEST(Matmul, SpreadsNaNOnlyAlongItsRow) {
  Tensor y = matmul(tensor({{NAN, 1.f}, {1.f, 1.f}}), tensor({{0.f, 1.f}, {1.f, 0.f}}));
  expect_close(y, {NAN, NAN, 1, 1});
}

TEST(Matmul, HasAGradientOfZerosOverNothing) {
  Tensor a = zeros({2, 3}, {.requires_grad = true}), b = zeros({3, 0}, {.requires_grad = true});
  matmul(a, b).sum().backward();
  expect_close(a.grad(), {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(b.grad().shape(), (Shape{3, 0}));
}

TEST(Matmul, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: matmul: inner dims differ: (2, 3) x (2, 3) has 3 and 2",
       [] { matmul(ones({2, 3}), ones({2, 3})); }},
      {"ShapeError: matmul: inner dims differ: (3) x (2) has 3 and 2", [] { matmul(ones({3}), ones({2})); }},
      {"ShapeError: matmul: a 0-dim tensor is not a matrix: () x (2); use *", [] { matmul(tensor(1.0), ones({2})); }},
      {"ShapeError: matmul: the batch dims of (2, 2, 3) and (3, 3, 2) do not broadcast: dim -3 is 2 and 3",
       [] { matmul(ones({2, 2, 3}), ones({3, 3, 2})); }},
      {"DTypeError: matmul: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { matmul(tensor({{true}}), tensor({{true}})); }},
      {"ShapeError: matmul: inner dims differ: (7, 2, 3) x (2) has 3 and 2",
       [] { matmul(zeros({7, 2, 3}), zeros({2})); }},
      {"ShapeError: matmul: a 0-dim tensor is not a matrix: () x (2, 2); use *",
       [] { matmul(tensor(1.0), zeros({2, 2})); }},
      {"DTypeError: matmul: the dtypes differ: float32 and float64; convert one with .to",
       [] { matmul(zeros({2, 2}), zeros({2, 2}, {.dtype = float64})); }},
      {"ValueError: matmul: the tensor is undefined; has backward run?", [] { matmul(Tensor(), zeros({2, 2})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
