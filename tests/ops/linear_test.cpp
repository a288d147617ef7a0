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

XTAPE_OP_CASES(linear) {
  const std::pair<std::string, Shape> inputs[] = {
      {"", {4, 3}}, {"of a row", {3}}, {"of 3-D input", {2, 2, 3}}, {"of no rows", {0, 3}}};
  auto with_bias = [](Args x) { return linear(x[0], x[1], x[2]); };
  for (const auto& [name, shape] : inputs) {
    cases.add("linear", name, {any(shape), any({2, 3}), any({2})}, "F.linear(*x)", with_bias);
    cases.add("linear", name + ", without bias", {any(shape), any({2, 3})}, "F.linear(*x)",
              [](Args x) { return linear(x[0], x[1]); });
  }
  cases.add("linear", "without inputs", {any({2, 0}), any({3, 0}), any({3})}, "F.linear(*x)", with_bias);
}

TEST(Linear, IsXTimesWeightTransposedPlusBias) {
  Tensor x = tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}}), w = tensor({{1.f, 0.f, 2.f}, {0.f, 1.f, 1.f}});
  Tensor y = linear(x, w, tensor({10.f, 20.f}));
  EXPECT_EQ(y.shape(), (Shape{2, 2}));
  expect_close(y, {17, 25, 26, 31});
  expect_close(linear(x, w), {7, 5, 16, 11});
}

TEST(Linear, TakesAnyLeadingDims) {
  Tensor x = arange(24, {.dtype = float32}).reshape({2, 3, 4}), w = arange(20, {.dtype = float32}).reshape({5, 4});
  Tensor b = arange(5, {.dtype = float32});
  Tensor y = linear(x, w, b);
  ASSERT_EQ(y.shape(), (Shape{2, 3, 5}));
  EXPECT_TRUE(equal(y, linear(x.reshape({6, 4}), w, b).reshape({2, 3, 5})));
  EXPECT_TRUE(equal(linear(x[1][2], w, b), y[1][2]));
}

TEST(Linear, OfNoRowsIsEmpty) {  // SEMANTICS [19]
  Tensor x = zeros({0, 3}), w = ones({2, 3}, {.requires_grad = true}), b = ones({2}, {.requires_grad = true});
  Tensor y = linear(x, w, b);
  EXPECT_EQ(y.shape(), (Shape{0, 2}));
  y.sum().backward();
  expect_close(w.grad(), {0, 0, 0, 0, 0, 0});
  expect_close(b.grad(), {0, 0});
}

TEST(Linear, OfNoFeaturesIsTheBias) {  // SEMANTICS [19]
  Tensor w = zeros({2, 0}, {.requires_grad = true}), b = tensor({3.f, 4.f}, {.requires_grad = true});
  Tensor y = linear(zeros({3, 0}), w, b);
  expect_close(y, {3, 4, 3, 4, 3, 4});
  expect_close(linear(zeros({3, 0}), w), {0, 0, 0, 0, 0, 0});
  y.sum().backward();
  EXPECT_EQ(w.grad().shape(), (Shape{2, 0}));
  expect_close(b.grad(), {3, 3});
}

TEST(Linear, IsOneEntryOnTheTape) {
  Tensor w = ones({2, 3}, {.requires_grad = true}), b = ones({2}, {.requires_grad = true});
  Tape tape = Tape::of(linear(zeros({4, 3}), w, b));
  ASSERT_EQ(tape.size(), 1u);
  EXPECT_EQ(tape.entries()[0].op, "linear");
}

TEST(Linear, HasTheGradientsOfItsFormula) {
  Tensor x = tensor({{1.f, 2.f}, {3.f, 4.f}}, {.requires_grad = true});
  Tensor w = tensor({{1.f, -1.f}, {0.5f, 2.f}, {3.f, 0.f}}, {.requires_grad = true});
  Tensor b = zeros({3}, {.requires_grad = true});
  linear(x, w, b).backward(tensor({{1.f, 2.f, 0.f}, {0.f, -1.f, 1.f}}));
  expect_close(x.grad(), {2, 3, 2.5, -2});
  expect_close(w.grad(), {1, 2, -1, 0, 3, 4});
  expect_close(b.grad(), {1, 1, 1});
}

TEST(Linear, GivesOnlyTheGradientsThatAreNeeded) {
  Tensor x = ones({2, 3}), w = ones({2, 3}), b = ones({2}, {.requires_grad = true});
  linear(x, w, b).sum().backward();
  EXPECT_FALSE(w.grad().defined());
  expect_close(b.grad(), {2, 2});
}

TEST(Linear, GivesTheSameGradientsWithAndWithoutAGraph) {
  Tensor x = leaf({0.5, -1, 2, 0.25, 1.5, -0.75}, {2, 3}), w = leaf({1, 2, -1, 0.5, 0.25, -2}, {2, 3});
  Tensor b = leaf({0.1, 0.2}, {2}), y = linear(x, w, b), seed = tensor({{1.0, 2.0}, {3.0, 4.0}}, {.dtype = float64});
  auto plain = grad({y}, {x, w, b}, {seed}, {.retain_graph = true});
  auto recorded = grad({y}, {x, w, b}, {seed}, {.create_graph = true});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(equal(plain[i], recorded[i].detach())) << i;
}

TEST(Linear, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: linear (784 -> 256): expected input (N, 784), got (64, 28, 28); flatten it first?",
       [] { linear(ones({64, 28, 28}), ones({256, 784})); }},
      {"ShapeError: linear (4 -> 3): expected input (N, 4), got (2, 5)", [] { linear(ones({2, 5}), ones({3, 4})); }},
      {"ShapeError: linear (6 -> 3): expected input (N, 6), got (2, 3); reshape it to (1, 6)?",
       [] { linear(ones({2, 3}), ones({3, 6})); }},
      {"ShapeError: linear (6 -> 3): expected input (N, 6), got (2, 1, 3); reshape it to (1, 6)?",
       [] { linear(ones({2, 1, 3}), ones({3, 6})); }},
      {"ShapeError: linear (6 -> 3): expected input (N, 6), got (12); reshape it to (2, 6)?",
       [] { linear(ones({12}), ones({3, 6})); }},
      {"ShapeError: linear (6 -> 3): expected input (N, 6), got (4, 3)", [] { linear(ones({4, 3}), ones({3, 6})); }},
      {"ShapeError: linear (6 -> 3): expected input (N, 6), got (0)", [] { linear(ones({0}), ones({3, 6})); }},
      {"ShapeError: linear (0 -> 3): expected input (N, 0), got (3)", [] { linear(ones({3}), ones({3, 0})); }},
      {"ShapeError: linear: expected weight (out, in), got (4)", [] { linear(ones({2, 4}), ones({4})); }},
      {"ShapeError: linear (4 -> 3): expected bias (3), got (4)",
       [] { linear(ones({2, 4}), ones({3, 4}), ones({4})); }},
      {"DTypeError: linear: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { linear(tensor({{1, 2}}), ones({3, 2})); }},
      {"DTypeError: linear: the weight is float32, the input float64; convert one with .to",
       [] { linear(ones({1, 2}, {.dtype = float64}), ones({3, 2})); }},
      {"ShapeError: linear (3 -> 4): expected input (N, 3), got ()", [] { linear(tensor(1.0), zeros({4, 3})); }},
      {"DTypeError: linear: the weight is float32, the bias float64; convert one with .to",
       [] { linear(zeros({2, 3}), zeros({4, 3}), zeros({4}, {.dtype = float64})); }},
      {"DTypeError: linear: expected a floating dtype, got uint8; convert it with .to(float32), images with .to(float32) / 255",
       [] { linear(zeros({2, 3}, {.dtype = uint8}), zeros({4, 3})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
