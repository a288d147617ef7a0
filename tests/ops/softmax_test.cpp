#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

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

TEST(Softmax, IsNaNInARowWithoutAFiniteMaximumOnly) {
  const Tensor x = tensor({{-INFINITY, -INFINITY}, {INFINITY, 0.0f}, {NAN, 0.0f}, {-INFINITY, 0.0f}});
  expect_close(softmax(x, 1), {NAN, NAN, NAN, NAN, NAN, NAN, 0, 1});
}

TEST(Softmax, AgreesWithCentralDifferences) {
  const Tensor x = leaf({1, -2, 3, 0.5, 5, -6, 2, 0.8, -1, 0.7, 4, 0.9}, {2, 3, 2});
  for (int d = 0; d < 3; ++d) testing::expect_gradients([d](const Inputs& in) { return softmax(in[0], d); }, {x});
}

TEST(Softmax, HasTheSameGradientWithCreateGraph) {
  Tensor x = leaf({1, -2, 3, 0.5, 5, -6, 2, 0.8, -1, 0.7, 4, 0.9}, {2, 3, 2});
  const Tensor gy = tensor({0.1, 0.7, -0.9, 2.0, 1.1, 0.3, -0.4, 0.5, 0.6, -2.0, 1.3, 0.2}, {.dtype = float64});
  for (int d = 0; d < 3; ++d) {
    testing::expect_same_gradient_with_create_graph(softmax(x, d), x, gy.reshape({2, 3, 2}));
  }
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

TEST(Softmax, RefusesIntegersAndDimsOutsideTheRange) {
  expect_error<DTypeError>([] { return softmax(tensor({1, 2}), 0); }, "softmax: expected a floating dtype, got int64");
  expect_error<IndexError>([] { return softmax(ones({2}), 1); }, "softmax: dim 1 is outside [-1, 1)");
}

}  // namespace
}  // namespace xtape
