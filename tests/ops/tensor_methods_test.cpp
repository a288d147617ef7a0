// The ops as methods of Tensor. This file is a separate program that includes tensor.hpp but never ops.hpp, so that it
// links only if the library defines each method.
#include <gtest/gtest.h>

#include <vector>

#include "xtape/creation.hpp"
#include "xtape/nn/module.hpp"
#include "xtape/tensor.hpp"

namespace xtape {
namespace {

void expect_values(const Tensor& x, const std::vector<double>& expected) {
  EXPECT_EQ(x.to(float64).to_vector<double>(), expected);
}

const Tensor matrix = tensor({{1.0, -2.0}, {3.0, 0.0}}, {.dtype = float64});

TEST(TensorMethods, AreElementwiseOps) {
  expect_values(matrix.abs(), {1, 2, 3, 0});
  expect_values(matrix.neg(), {-1, 2, -3, 0});
  expect_values(matrix.relu(), {1, 0, 3, 0});
  expect_values(matrix.pow(2), {1, 4, 9, 0});
  expect_values(matrix.abs().pow(matrix), {1, 0.25, 27, 1});
  expect_values(matrix.clamp(-1, 2), {1, -1, 2, 0});
  expect_values(matrix.pow(2).sqrt(), {1, 2, 3, 0});
  const Tensor zero = zeros({1}), one = ones({1});
  expect_values(zero.exp(), {1});
  expect_values(one.log(), {0});
  expect_values(zero.sigmoid(), {0.5});
  expect_values(zero.tanh(), {0});
}

TEST(TensorMethods, AreReductions) {
  expect_values(matrix.sum(), {2});
  expect_values(matrix.sum(0), {4, -2});
  expect_values(matrix.sum({0, 1}), {2});
  expect_values(matrix.sum(Shape{1}, true), {-1, 3});
  expect_values(matrix.mean(), {0.5});
  expect_values(matrix.mean(0), {2, -1});
  expect_values(matrix.mean({0, 1}), {0.5});
  expect_values(matrix.mean(Shape{1}), {-0.5, 1.5});
  expect_values(matrix.max(), {3});
  expect_values(matrix.max(1).indices, {0, 0});
  expect_values(matrix.min(), {-2});
  expect_values(matrix.min(1).values, {-2, 0});
  expect_values(matrix.argmax(), {2});
  expect_values(matrix.argmax(0), {1, 1});
  expect_values(zeros({1, 1}).logsumexp(1), {0});
  expect_values(zeros({1, 2}).softmax(1), {0.5, 0.5});
  expect_values(zeros({1, 1}).log_softmax(1), {0});
}

TEST(TensorMethods, AreProductsShapesAndSelections) {
  expect_values(matrix.matmul(eye(2, {.dtype = float64})), {1, -2, 3, 0});
  expect_values(matrix.transpose(0, 1), {1, 3, -2, 0});
  expect_values(matrix.permute({1, 0}), {1, 3, -2, 0});
  EXPECT_EQ(matrix.reshape({4, 1}).shape(), Shape({4, 1}));
  EXPECT_EQ(matrix.flatten().shape(), Shape({4}));
  EXPECT_EQ(matrix.unsqueeze(0).shape(), Shape({1, 2, 2}));
  EXPECT_EQ(matrix.unsqueeze(0).squeeze().shape(), Shape({2, 2}));
  EXPECT_EQ(matrix.unsqueeze(0).squeeze(0).shape(), Shape({2, 2}));
  expect_values(matrix[1].expand({2, 2}), {3, 0, 3, 0});
  expect_values(matrix.index_select(1, tensor({1})), {-2, 0});
  expect_values(matrix.gather(1, tensor({{1}, {0}})), {-2, 3});
  expect_values(matrix.narrow(0, 1, 1), {3, 0});
}

TEST(TensorMethods, AreCopiesAndWrites) {
  Tensor copy = matrix.clone();
  copy.add_(matrix).mul_(2);
  copy[0] = 7.0;
  expect_values(copy, {7, 7, 12, 0});
  expect_values(matrix, {1, -2, 3, 0});
}

struct Twice : nn::Module {
  Tensor forward(const Tensor& x) override { return x.exp().log().clamp(0, 1).sum(); }
};

TEST(TensorMethods, ServeAModuleThatIncludesNothingElse) { expect_values(Twice()(zeros({3})), {0}); }

}  // namespace
}  // namespace xtape
