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

XTAPE_OP_CASES(stack) {
  for (std::int64_t dim : {0, 1, -1}) {
    const std::string text = std::to_string(dim);
    cases.add("stack", "along " + text, {any({2, 3}), any({2, 3})}, "torch.stack(x, " + text + ")",
              [dim](Args x) { return stack(x, dim); });
  }
}

TEST(Stack, JoinsAlongANewDim) {
  Tensor a = tensor({1, 2}), b = tensor({3, 4});
  Tensor y = stack({a, b, a});
  EXPECT_EQ(y.shape(), (Shape{3, 2}));
  expect_close(y, {1, 2, 3, 4, 1, 2});
  Tensor z = stack({a, b, a}, 1);
  EXPECT_EQ(z.shape(), (Shape{2, 3}));
  expect_close(z, {1, 3, 1, 2, 4, 2});
  EXPECT_TRUE(equal(stack({a, b, a}, -1), z));
}

TEST(Stack, OfScalarsIsAVector) { expect_close(stack({tensor(1.f), tensor(2), tensor(true)}), {1, 2, 1}); }

TEST(Stack, KeepsExtentsOfZero) { EXPECT_EQ(stack({zeros({0, 3}), zeros({0, 3})}, 1).shape(), (Shape{0, 2, 3})); }

TEST(Stack, IsOneEntryOnTheTape) {
  Tape tape = Tape::of(stack({ones({2}, {.requires_grad = true}), zeros({2})}));
  ASSERT_EQ(tape.size(), 1u);
  EXPECT_EQ(tape.entries()[0].op, "stack");
}

TEST(Stack, CastsGradientsBack) {
  Tensor a = ones({1}, {.requires_grad = true});
  stack({a, zeros({1}, {.dtype = float64})}).backward(tensor({{2.0}, {3.0}}, {.dtype = float64}));
  EXPECT_EQ(a.grad().dtype(), float32);
  expect_close(a.grad(), {2});
}

TEST(Stack, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: stack: tensor 1 has shape (3), tensor 0 has (2)", [] { stack({ones({2}), ones({3})}); }},
      {"IndexError: stack: dim 3 is outside [-2, 2)", [] { stack({ones({2})}, 3); }},
      {"ShapeError: stack: tensor 2 has shape (3), tensor 0 has (2)",
       [] { stack({zeros({2}), zeros({2}), zeros({3})}); }},
      {"IndexError: stack: dim 2 is outside [-2, 2)", [] { stack({zeros({2})}, 2); }},
      {"ValueError: stack: there is no tensor in the list", [] { stack({}); }},
      {"ValueError: stack: tensor 0 is undefined", [] { stack({Tensor()}); }},
      {"ShapeError: shape: more than 8 dims", [] { stack({zeros({1, 1, 1, 1, 1, 1, 1, 1})}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
