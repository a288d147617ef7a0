#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_gradients;
using testing::leaf;

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

TEST(Stack, AgreesWithCentralDifferences) {
  for (std::int64_t d = 0; d < 3; ++d) {
    auto f = [d](const std::vector<Tensor>& in) { return stack({in[0] * in[1], in[1], in[0] * in[0]}, d); };
    expect_gradients(f, {leaf({1, 2, 3, 4}, {2, 2}), leaf({0.5, -1, 2, 1}, {2, 2})});
  }
}

TEST(Stack, NamesTheTensorThatDoesNotFit) {
  expect_error<ShapeError>([] { stack({zeros({2}), zeros({2}), zeros({3})}); }, "stack: tensor 2 has shape (3)", "(2)");
  expect_error<ShapeError>([] { stack({zeros({1}), zeros({2})}); }, "stack: tensor 1");
  expect_error<IndexError>([] { stack({zeros({2})}, 2); }, "stack: dim 2 is outside [-2, 2)");
  expect_error<ValueError>([] { stack({}); }, "stack: there is no tensor");
  expect_error<ValueError>([] { stack({Tensor()}); }, "stack: tensor 0 is undefined");
  expect_error<ShapeError>([] { stack({zeros({1, 1, 1, 1, 1, 1, 1, 1})}); }, "more than 8 dims");
}

}  // namespace
}  // namespace xtape
