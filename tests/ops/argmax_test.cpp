// argmax and argmin.
#include "support/expect.hpp"
#include "support/misuse.hpp"
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

XTAPE_OP_CASES(argmin) {
  using testing::Args;
  cases.add("argmin", "", {testing::any({2, 3, 4})},
            "[torch.argmin(x[0]), torch.argmin(x[0], 0), torch.argmin(x[0], 1), torch.argmin(x[0], -1, True)]",
            [](Args x) {
              return std::vector<Tensor>{argmin(x[0]), argmin(x[0], 0), x[0].argmin(1), x[0].argmin(-1, true)};
            });
  cases.add("argmin", "ties and NaN", {testing::given({3, 3}, {2, 1, 1, NAN, 5, NAN, INFINITY, INFINITY, INFINITY})},
            "[torch.argmin(x[0], 1), torch.argmin(x[0], 0), torch.argmin(x[0])]", [](Args x) {
              return std::vector<Tensor>{argmin(x[0], 1), argmin(x[0], 0), x[0].argmin()};
            });
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

TEST(Argmin, FindsTheSmallest) {
  expect_close(argmin(tensor({{4, -9}, {2, 8}})), {1});
  expect_close(argmin(tensor({{4, -9}, {2, 8}}), 0), {1, 0});
  expect_close(tensor({1.0f, NAN, -INFINITY}).argmin(), {1});
  expect_close(tensor({3, 1, 1}).argmin(-1, true), {1});
}

TEST(Argmin, RefusesWhatHasNoSmallest) {
  testing::expect_errors({
      {"DTypeError: argmin: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { argmin(tensor({true})); }},
      {"ValueError: argmin: a tensor of shape (0, 3) has no elements",
       [] {
         argmin(zeros({0, 3}));
       }},
      {"ValueError: argmin: dim 0 of shape (0, 3) has no elements",
       [] {
         argmin(zeros({0, 3}), 0);
       }},
      {"IndexError: argmin: dim 2 is outside [-2, 2)",
       [] {
         argmin(ones({2, 3}), 2);
       }},
      {"ValueError: argmin: the tensor is undefined; has backward run?", [] { argmin(Tensor()); }},
  });
}

TEST(Argmax, OfNoRowsIsEmpty) { EXPECT_EQ(argmax(zeros({0, 3}), 1).shape(), (Shape{0})); }

TEST(Argmax, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: argmax: a tensor of shape (0) has no elements", [] { zeros({0}).argmax(); }},
      {"IndexError: argmax: dim -3 is outside [-2, 2)", [] { ones({2, 3}).argmax(-3); }},
      {"ValueError: argmax: dim 1 of shape (2, 0) has no elements", [] { argmax(zeros({2, 0}), 1); }},
      {"DTypeError: argmax: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { argmax(tensor({true})); }},
      {"IndexError: argmax: dim 2 is outside [-2, 2)", [] { argmax(ones({2, 3}), 2); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
