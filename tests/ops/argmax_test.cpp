#include "support/expect.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::given;
using testing::leaf;
using testing::Tensors;

XTAPE_OP_CASES(argmax) {
  cases.add("argmax", "", {any({2, 3, 4})},
            "[torch.argmax(x[0]), torch.argmax(x[0], 0), torch.argmax(x[0], 1), torch.argmax(x[0], 2)]", [](Args x) {
              return Tensors{argmax(x[0]), argmax(x[0], 0), argmax(x[0], 1), argmax(x[0], 2)};
            });
  cases.add("argmax", "kept", {any({2, 3})}, "torch.argmax(x[0], 1, keepdim=True)",
            [](Args x) { return argmax(x[0], 1, true); });
  cases
      .add("argmax", "ties and NaN", {given({3, 3}, {1, 2, 2, NAN, 5, NAN, -INFINITY, -INFINITY, -INFINITY})},
           "[torch.argmax(x[0], 1), torch.argmax(x[0], 0), torch.argmax(x[0])]",
           [](Args x) {
             return Tensors{argmax(x[0], 1), argmax(x[0], 0), argmax(x[0])};
           })
      .smooth = false;
}

TEST(Argmax, FindsThePositionInTheFlattenedTensor) {
  const Tensor y = argmax(tensor({{1.0f, 2.0f}, {9.0f, 4.0f}}));
  EXPECT_EQ(y.dtype(), int64);
  EXPECT_EQ(y.shape(), Shape{});
  expect_close(y, {2});
}

TEST(Argmax, FindsThePositionAlongADim) {
  const Tensor x = tensor({{1, 5, 3}, {4, 2, 6}});
  expect_close(argmax(x, 0), {1, 0, 1});
  expect_close(argmax(x, 1), {1, 2});
  expect_close(x.argmax(-1), {1, 2});
  EXPECT_EQ(argmax(x, 1, true).shape(), (Shape{2, 1}));
}

TEST(Argmax, TakesTheFirstOnTies) {  // SEMANTICS [21]
  expect_close(argmax(tensor({1.0f, 3.0f, 3.0f})), {1});
  expect_close(argmax(tensor({{2, 2}, {1, 1}}), 1), {0, 0});
  expect_close(argmax(tensor({-INFINITY, -INFINITY})), {0});
  expect_close(argmax(tensor({-0.0f, 0.0f})), {0});
}

TEST(Argmax, LetsTheFirstNaNWin) {  // SEMANTICS [21]
  expect_close(argmax(tensor({1.0f, NAN, INFINITY, NAN})), {1});
  expect_close(argmax(tensor({{NAN, 1.0f}, {2.0f, 3.0f}}), 1), {0, 1});
}

TEST(Argmax, IsNeverRecorded) { EXPECT_FALSE(argmax(leaf({1, 2}, {2})).requires_grad()); }

TEST(Argmax, TakesAZeroDimTensor) {
  expect_close(argmax(tensor(3.0)), {0});
  expect_close(argmax(tensor(3.0), -1), {0});
}

TEST(Argmax, OfNoRowsIsEmpty) { EXPECT_EQ(argmax(zeros({0, 3}), 1).shape(), (Shape{0})); }

}  // namespace
}  // namespace xtape
