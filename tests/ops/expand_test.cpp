#include <gtest/gtest.h>

#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::Tensors;

XTAPE_OP_CASES(expand) {
  cases.add("expand", "", {any({3, 1})}, "[x[0].expand(3, 4), x[0].expand(2, -1, 4)]", [](Args x) {
    return Tensors{x[0].expand({3, 4}), x[0].expand({2, -1, 4})};
  });
  cases.add("expand", "0-dim", {any({})}, "x[0].expand(2, 3)", [](Args x) { return x[0].expand({2, 3}); });
  cases.add("expand", "to nothing", {any({3, 1})}, "x[0].expand(3, 0)", [](Args x) { return x[0].expand({3, 0}); });
}

TEST(Expand, RepeatsExtentsOfOne) {
  expect_close(expand(tensor({{1}, {2}}), {2, 3}), {1, 1, 1, 2, 2, 2});
  expect_close(expand(tensor({1, 2}), {2, 2}), {1, 2, 1, 2});
  expect_close(expand(tensor(7), {3}), {7, 7, 7});
  Tensor y = expand(tensor({{{1}, {2}}}), {2, -1, 2});
  EXPECT_EQ(y.shape(), (Shape{2, 2, 2}));
  expect_close(y, {1, 1, 2, 2, 1, 1, 2, 2});
}

TEST(Expand, SharesStorageWhereNothingIsRepeated) {
  Tensor x = zeros({2});
  expand(x, {1, -1}).fill_(1);
  expect_close(x, {1, 1});
}

TEST(Expand, MayRepeatZeroTimes) {
  EXPECT_EQ(expand(zeros({1, 2}), {0, 2}).shape(), (Shape{0, 2}));
  EXPECT_EQ(expand(zeros({0, 1}), {0, 4}).shape(), (Shape{0, 4}));
}

TEST(Expand, SumsTheGradientOverTheCopies) {
  Tensor x = zeros({2, 1}, {.requires_grad = true});
  expand(x, {3, 2, 2}).backward(arange(12, {.dtype = float32}).reshape({3, 2, 2}));
  expect_close(x.grad(), {0 + 1 + 4 + 5 + 8 + 9, 2 + 3 + 6 + 7 + 10 + 11});
}

TEST(Expand, ZeroTimesHasAGradientOfZeros) {
  Tensor x = ones({1, 2}, {.requires_grad = true});
  expand(x, {0, 2}).sum().backward();
  expect_close(x.grad(), {0, 0});
}

TEST(Expand, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: expand: (2, 3) does not broadcast to (2, 4)", [] { ones({2, 3}).expand({2, 4}); }},
      {"ShapeError: expand: (3) has fewer dims than the tensor's (2, 3)", [] { ones({2, 3}).expand({3}); }},
      {"ShapeError: expand: (2, 3) does not broadcast to (4, 3)", [] { expand(zeros({2, 3}), {4, 3}); }},
      {"ShapeError: expand: (-1, 1): extent -1 in dim 0 is negative; -1 keeps an extent of (1)",
       [] { expand(zeros({1}), {-1, 1}); }},
      {"ShapeError: expand: (-2): extent -2 in dim 0 is negative; -1 keeps an extent of (1)",
       [] { expand(zeros({1}), {-2}); }},
      {"ShapeError: shape: (9223372036854775807, 8, 1) has too many elements to count",
       [] { expand(zeros({1}), {INT64_MAX, 8, 1}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
