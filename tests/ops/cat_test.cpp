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
using testing::integers;

XTAPE_OP_CASES(cat) {
  cases.add("cat", "along 0", {any({2, 3}), any({1, 3}), any({0, 3})}, "torch.cat(x, 0)",
            [](Args x) { return cat(x, 0); });
  cases.add("cat", "along 1", {any({2, 3}), any({2, 1})}, "torch.cat(x, 1)", [](Args x) { return cat(x, 1); });
  cases.add("cat", "along -1", {any({2, 2, 3}), any({2, 2, 2})}, "torch.cat(x, -1)", [](Args x) { return cat(x, -1); });
  cases.add("cat", "of itself", {any({2, 3})}, "torch.cat([x[0], x[0] * 2, x[0]])", [](Args x) {
    return cat({x[0], x[0] * 2, x[0]});
  });
  cases.add("cat", "with (0)", {any({0}), any({2, 3}), any({0}), any({2, 1})}, [](Args x) { return cat(x, 1); });
  cases.add("cat", "dtypes", {any({2}), integers({3}, 9)}, "torch.cat([x[0], x[1]])", [](Args x) {
    return cat({x[0], x[1]});
  });
}

TEST(Cat, JoinsAlongEachDim) {
  Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}});
  expect_close(cat({a, b}), {1, 2, 3, 4, 5, 6});
  Tensor y = cat({a, b.reshape({2, 1}), a}, 1);
  EXPECT_EQ(y.shape(), (Shape{2, 5}));
  expect_close(y, {1, 2, 5, 1, 2, 3, 4, 6, 3, 4});
  expect_close(cat({a, a}, -1), {1, 2, 1, 2, 3, 4, 3, 4});
}

TEST(Cat, OfOneTensorIsACopy) {
  Tensor x = zeros({2});
  cat({x}).fill_(1);
  expect_close(x, {0, 0});
}

TEST(Cat, TakesTensorsWithoutElements) {
  EXPECT_EQ(cat({zeros({0, 2}), zeros({3, 2}), zeros({0, 2})}).shape(), (Shape{3, 2}));
  EXPECT_EQ(cat({zeros({0, 2}), zeros({0, 3})}, 1).shape(), (Shape{0, 5}));
}

TEST(Cat, CollectsPredictionsFromATensorWithoutElementsOn) {
  Tensor predictions = zeros({0});
  for (float batch : {1.f, 2.f}) predictions = cat({predictions, full({2, 3}, batch)});
  EXPECT_EQ(predictions.shape(), (Shape{4, 3}));
  expect_close(predictions, {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2});
}

TEST(Cat, SkipsOneDimWithoutElementsWhereverItStands) {  // SEMANTICS [36]
  const Tensor x = tensor({{1, 2}, {3, 4}}), none = zeros({0}, {.dtype = int64});
  expect_close(cat({none, x, none, x, none}, 1), {1, 2, 1, 2, 3, 4, 3, 4});
  EXPECT_EQ(cat({x, zeros({0})}).dtype(), float32);   // its dtype counts
  EXPECT_EQ(cat({none, none}, 1).shape(), Shape{0});  // nothing was collected
}

TEST(Cat, GivesWhatItSkippedAGradientWithoutElements) {
  Tensor none = zeros({0}, {.requires_grad = true}), x = ones({1, 2}, {.requires_grad = true});
  cat({none, x}, 1).sum().backward();
  EXPECT_EQ(none.grad().shape(), Shape{0});
  expect_close(x.grad(), {1, 1});
}

TEST(Cat, HasTheLatestDtype) {
  EXPECT_EQ(cat({tensor({true}), tensor({2}, {.dtype = uint8})}).dtype(), uint8);
  Tensor y = cat({tensor({1}), tensor({0.5}), tensor({true})});
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {1, 0.5, 1});
}

TEST(Cat, CastsGradientsBack) {
  Tensor a = ones({1}, {.requires_grad = true}), b = ones({2}, {.dtype = float64, .requires_grad = true});
  cat({a, b}).backward(tensor({1.0, 2.0, 3.0}, {.dtype = float64}));
  EXPECT_EQ(a.grad().dtype(), float32);
  expect_close(a.grad(), {1});
  expect_close(b.grad(), {2, 3});
}

TEST(Cat, GivesEachTensorItsPartOfTheGradient) {
  Tensor a = zeros({2, 1}, {.requires_grad = true}), c = zeros({2, 2}, {.requires_grad = true});
  cat({a, zeros({2, 1}), c}, 1).backward(arange(8, {.dtype = float32}).reshape({2, 4}));
  expect_close(a.grad(), {0, 4});
  expect_close(c.grad(), {2, 3, 6, 7});
}

TEST(Cat, OfATensorWithItselfAddsUp) {
  Tensor x = zeros({2}, {.requires_grad = true});
  cat({x, x, x, x, x}).backward(arange(10, {.dtype = float32}));
  expect_close(x.grad(), {20, 25});
}

TEST(Cat, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: cat: there is no tensor in the list", [] { cat({}); }},
      {"ShapeError: cat: tensor 1 has shape (3, 2), tensor 0 has (2, 3): they differ in dim 1, not only in dim 0",
       [] { cat({ones({2, 3}), ones({3, 2})}, 0); }},
      {"ValueError: cat: tensor 1 is undefined", [] { cat({ones({2, 3}), Tensor()}, 0); }},
      {"ShapeError: cat: tensor 2 has shape (1, 4), tensor 0 has (2, 3): they differ in dim 1, not only in dim 0",
       [] { cat({zeros({2, 3}), zeros({2, 3}), zeros({1, 4})}); }},
      {"ShapeError: cat: tensor 1 has shape (2), tensor 0 has (2, 3): their ranks differ",
       [] { cat({zeros({2, 3}), zeros({2})}); }},
      {"ShapeError: cat: tensor 0 is 0-dim; use stack", [] { cat({tensor(1.0), tensor(2.0)}); }},
      {"ShapeError: cat: tensor 1 is 0-dim; use stack", [] { cat({zeros({0}), tensor(2.0)}); }},
      {"ShapeError: cat: tensor 2 has shape (2, 3), tensor 1 has (2, 2): they differ in dim 1, not only in dim 0",
       [] { cat({zeros({0}), zeros({2, 2}), zeros({2, 3})}); }},
      {"ShapeError: cat: tensor 1 has shape (3, 3), tensor 0 has (0, 2): they differ in dim 1, not only in dim 0",
       [] { cat({zeros({0, 2}), zeros({3, 3})}); }},
      {"IndexError: cat: dim 1 is outside [-1, 1)", [] { cat({zeros({2}), zeros({2})}, 1); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
