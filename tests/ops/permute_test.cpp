#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::cube;
using testing::expect_close;
using testing::Tensors;

XTAPE_OP_CASES(permute) {
  cases.add("permute", "", {any({2, 3, 4})}, "[x[0].permute(2, 0, 1), x[0].permute(-1, 1, 0)]", [](Args x) {
    return Tensors{x[0].permute({2, 0, 1}), x[0].permute({-1, 1, 0})};
  });
  cases.add("permute", "0-dim", {any({})}, "x[0].permute(())", [](Args x) { return x[0].permute(Shape{}); });
}

TEST(Permute, PutsDimsInTheGivenOrder) {
  Tensor x = cube(), y = permute(x, {2, 0, 1});
  ASSERT_EQ(y.shape(), (Shape{4, 2, 3}));
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k) EXPECT_EQ(y[k][i][j].item<double>(), x[i][j][k].item<double>());
    }
  }
}

TEST(Permute, CountsNegativeDimsFromTheEnd) {
  EXPECT_TRUE(equal(permute(cube(), {-1, 0, -2}), permute(cube(), {2, 0, 1})));
}

TEST(Permute, OfAScalarIsTheScalar) { expect_close(permute(tensor(5.f), {}), {5}); }

TEST(Permute, SharesStorageWhereNoElementMoves) {
  Tensor x = zeros({1, 2, 1, 2});
  permute(x, {1, 2, 0, 3})[1] = 5;
  expect_close(x, {0, 0, 5, 5});
}

TEST(Permute, KeepsExtentsOfZero) { EXPECT_EQ(permute(zeros({2, 0, 3}), {1, 2, 0}).shape(), (Shape{0, 3, 2})); }

TEST(Permute, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: permute: dim 0 is given twice in (0, 0)", [] { ones({2, 3}).permute({0, 0}); }},
      {"ShapeError: permute: (0) names 1 dims, the tensor of shape (2, 3) has 2", [] { ones({2, 3}).permute({0}); }},
      {"ShapeError: permute: (0, 1) names 2 dims, the tensor of shape (2, 3, 4) has 3",
       [] { permute(ones({2, 3, 4}), {0, 1}); }},
      {"ValueError: permute: dim -2 is given twice in (0, 1, -2)", [] { permute(ones({2, 3, 4}), {0, 1, -2}); }},
      {"IndexError: permute: dim 3 is outside [-3, 3)", [] { permute(ones({2, 3, 4}), {0, 1, 3}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
