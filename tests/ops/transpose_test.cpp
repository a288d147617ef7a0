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

XTAPE_OP_CASES(transpose) {
  cases.add("transpose", "", {any({2, 3, 4})}, "[x[0].transpose(0, 1), x[0].transpose(-1, 0), x[0].transpose(1, 1)]",
            [](Args x) {
              return Tensors{x[0].transpose(0, 1), x[0].transpose(-1, 0), x[0].transpose(1, 1)};
            });
}

TEST(Transpose, ExchangesTwoDims) {
  Tensor y = transpose(arange(6).reshape({2, 3}), 0, 1);
  EXPECT_EQ(y.shape(), (Shape{3, 2}));
  expect_close(y, {0, 3, 1, 4, 2, 5});
  Tensor z = transpose(cube(), 0, -1);
  EXPECT_EQ(z.shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(z[3][2][1].item<double>(), 23);
  EXPECT_EQ(z[1][2][0].item<double>(), 9);
}

TEST(Transpose, MayDoNothing) { expect_close(transpose(tensor(5.f), 0, -1), {5}); }

TEST(Transpose, SharesStorageWhereNoElementMoves) {
  Tensor x = zeros({2, 1, 2});
  transpose(x, 2, 2).fill_(1);
  transpose(x, 0, 1)[0][1] = 2;
  transpose(x, 1, 2) *= 3;
  expect_close(x, {3, 3, 6, 6});
}

TEST(Transpose, KeepsExtentsOfZero) { EXPECT_EQ(transpose(zeros({0, 3}), 0, 1).shape(), (Shape{3, 0})); }

TEST(Transpose, WorksForEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    Tensor y = transpose(tensor({{0, 1}, {0, 1}}, {.dtype = dtype}), 0, 1);
    EXPECT_EQ(y.dtype(), dtype);
    expect_close(y, {0, 0, 1, 1});
  }
}

TEST(Transpose, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: transpose: dim 2 is outside [-2, 2)", [] { ones({2, 3}).transpose(0, 2); }},
      {"IndexError: transpose: dim -4 is outside [-3, 3)", [] { transpose(ones({2, 3, 4}), -4, 0); }},
      {"ValueError: transpose: the tensor is undefined; has backward run?", [] { transpose(Tensor(), 0, 1); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
