#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

// Twice differentiable: SEMANTICS [4].
XTAPE_OP_CASES(log_softmax) { cases.add_softmax("log_softmax", "torch.log_softmax", log_softmax); }

TEST(LogSoftmax, TakesLogitsFarApart) {  // SEMANTICS [1]
  expect_close(log_softmax(leaf({1000, 0, -1000}, {3}), 0), {0, -1000, -2000});
  expect_close(log_softmax(tensor({0.0f, -104.0f}), 0), {0, -104});
}

TEST(LogSoftmax, HasFiniteGradientsBesideMinusInfinity) {  // SEMANTICS [1]
  Tensor x = tensor({3e38f, -3e38f, 0.0f}, {.requires_grad = true});
  const Tensor y = log_softmax(x, 0);
  expect_close(y, {0, -INFINITY, -3e38f});
  expect_close(gradient(y, x, {1, 2, 4}), {-6, 2, 4});
  expect_close(grad({y}, {x}, {tensor({1.0f, 2.0f, 4.0f})}, {.create_graph = true})[0], {-6, 2, 4});
}

TEST(LogSoftmax, TakesTheMaximumPerRow) {  // SEMANTICS [2]
  Tensor x = leaf({-INFINITY, 0}, {2});
  const Tensor y = log_softmax(x, 0);
  expect_close(y, {-INFINITY, 0});
  expect_close(gradient(y, x, {1, 0}), {1, -1});
  const double l = -0.6931471805599453;
  expect_close(log_softmax(leaf({1000, 1000, -1000, -1000}, {2, 2}), 1), {l, l, l, l}, 1e-15);
}

TEST(LogSoftmax, IsNaNOnlyInARowWithoutAFiniteMaximum) {  // SEMANTICS [2]
  const Tensor x = tensor({{-INFINITY, -INFINITY}, {INFINITY, 0.0f}, {NAN, 0.0f}, {-INFINITY, 0.0f}});
  expect_close(log_softmax(x, 1), {NAN, NAN, NAN, NAN, NAN, NAN, -INFINITY, 0});
}

TEST(LogSoftmax, HasTheGoldenValueAndGradient) {  // SEMANTICS [3]
  Tensor x = leaf({0.1, 0.9}, {2});
  const Tensor y = log_softmax(x, 0);
  expect_close(y, {-1.1711006659, -0.3711006659}, 1e-10);
  expect_close(gradient(y, x, {1, 1}), {0.3799489623, -0.3799489623}, 1e-10);
}

TEST(LogSoftmax, OfOneClassIsZeroWithoutAGradient) {  // SEMANTICS [4]
  Tensor x = leaf({7, -3}, {2, 1});
  const Tensor y = log_softmax(x, 1);
  expect_close(y, {0, 0});
  expect_close(gradient(y, x, {5, 6}), {0, 0});
}

TEST(LogSoftmax, KeepsEmptyShapes) {  // SEMANTICS [4]
  for (const Shape& shape : {Shape{0, 3}, Shape{2, 0}}) {
    Tensor x = leaf({}, shape);
    const Tensor y = log_softmax(x, 1);
    EXPECT_EQ(y.shape(), shape);
    EXPECT_EQ(gradient(y, x, {}).shape(), shape);
  }
}

TEST(LogSoftmax, IsUnchangedByAConstantShift) {
  const Tensor x = leaf({0.5, -1.25, 2, 3}, {2, 2});  // these and their sums are exact in binary
  EXPECT_TRUE(equal(log_softmax(x, 1), log_softmax(x + 1024, 1)));
}

TEST(LogSoftmax, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: log_softmax: dim -4 is outside [-2, 2)", [] { ones({2, 3}).log_softmax(-4); }},
      {"DTypeError: log_softmax: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).log_softmax(0); }},
      {"IndexError: log_softmax: dim 2 is outside [-2, 2)", [] { log_softmax(ones({2, 3}), 2); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
