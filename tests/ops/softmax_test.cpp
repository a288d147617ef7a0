#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(softmax) { cases.add_softmax("softmax", "torch.softmax", softmax); }

TEST(Softmax, HasTheKnownValues) {
  const double p = 0.7310585786300049, q = 0.2689414213699951;
  expect_close(softmax(leaf({1, 2, 2, 1}, {2, 2}), 1), {q, p, p, q}, 1e-15);
  expect_close(softmax(leaf({1, 2, 2, 1}, {2, 2}), 0), {q, p, p, q}, 1e-15);
  expect_close(softmax(leaf({7}, {1}), 0), {1});
  expect_close(softmax(leaf({7}, {}), 0), {1});
}

TEST(Softmax, TakesTheMaximumPerRow) {
  expect_close(softmax(tensor({{1000.0f, 1000.0f}, {-1000.0f, -1000.0f}}), 1), {0.5, 0.5, 0.5, 0.5});
  expect_close(softmax(tensor({3e38f, -3e38f}), 0), {1, 0});
}

TEST(Softmax, IsNaNOnlyInARowWithoutAFiniteMaximum) {
  const Tensor x = tensor({{-INFINITY, -INFINITY}, {INFINITY, 0.0f}, {NAN, 0.0f}, {-INFINITY, 0.0f}});
  expect_close(softmax(x, 1), {NAN, NAN, NAN, NAN, NAN, NAN, 0, 1});
}

TEST(Softmax, HasGradientZeroForAnUpstreamGradientOfOnes) {
  Tensor x = leaf({1, 2, -1}, {3});
  expect_close(gradient(softmax(x, 0), x, {1, 1, 1}), {0, 0, 0}, 1e-16);
}

TEST(Softmax, KeepsEmptyShapes) {
  EXPECT_EQ(softmax(zeros({0, 3}), 1).shape(), (Shape{0, 3}));
  Tensor x = leaf({}, {2, 0});
  EXPECT_EQ(gradient(softmax(x, 1), x, {}).shape(), (Shape{2, 0}));
}

TEST(Softmax, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: softmax: dim 2 is outside [-2, 2)", [] { ones({2, 3}).softmax(2); }},
      {"DTypeError: softmax: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { tensor({1, 2}).softmax(0); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
