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

XTAPE_OP_CASES(select) {
  cases.add("select", "", {any({2, 3, 4})}, "[x[0].select(0, 1), x[0].select(1, -1), x[0].select(-1, 0), x[0][1][2]]",
            [](Args x) {
              return Tensors{select(x[0], 0, 1), select(x[0], 1, -1), select(x[0], -1, 0), x[0][1][2]};
            });
}

TEST(Select, TakesOneSliceAlongEachDim) {
  expect_close(select(arange(6).reshape({2, 3}), 0, 1), {3, 4, 5});
  expect_close(select(arange(6).reshape({2, 3}), 1, 1), {1, 4});
  Tensor y = select(cube(), 1, -1);
  EXPECT_EQ(y.shape(), (Shape{2, 4}));
  expect_close(y, {8, 9, 10, 11, 20, 21, 22, 23});
}

TEST(Select, IsTheSameAsBrackets) {
  expect_close(cube()[1][2], {20, 21, 22, 23});
  EXPECT_EQ(cube()[-1][-1][-1].item<double>(), 23);
}

TEST(Select, OfTheFirstDimSharesStorage) {
  Tensor x = zeros({2, 2});
  x[1].fill_(3);
  expect_close(x, {0, 0, 3, 3});
}

TEST(Select, OfALaterDimSharesStorageWhereTheDimsBeforeItAreOne) {
  Tensor x = zeros({1, 1, 2, 2});
  select(x, 2, 1).fill_(3);
  select(x, 1, 0)[0][0] = 4;
  expect_close(x, {4, 4, 3, 3});
}

TEST(Select, HasAGradientOfZerosElsewhere) {
  Tensor x = zeros({2, 3}, {.requires_grad = true});
  select(x, 1, 2).backward(tensor({1.f, 2.f}));
  expect_close(x.grad(), {0, 0, 1, 0, 0, 2});
}

TEST(Select, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: select: index 3 is outside [-3, 3) in dim 1", [] { select(ones({2, 3}), 1, 3); }},
      {"IndexError: select: index -4 is outside [-3, 3) in dim 1", [] { select(ones({2, 3, 4}), 1, -4); }},
      {"IndexError: select: index 0 is outside [-0, 0) in dim 0", [] { zeros({0})[0]; }},
      {"IndexError: select: dim 3 is outside [-3, 3)", [] { select(ones({2, 3, 4}), 3, 0); }},
      {"ValueError: select: the tensor is undefined; has backward run?", [] { static_cast<void>(Tensor()[0]); }},
      {"IndexError: select: index 2 is outside [-2, 2) in dim 0", [] { ones({2, 3})[2]; }},
      {"IndexError: select: index -3 is outside [-2, 2) in dim 0", [] { ones({2, 3})[-3]; }},
      {"IndexError: select: a 0-dim tensor has no dim to select from; use item()", [] { tensor(1.0)[0]; }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
