#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

const std::vector<double> special = {-1, 0, -0.0, 1, NAN, INFINITY, -INFINITY};

TEST(LeakyRelu, ScalesWhatIsNotPositive) {
  expect_close(leaky_relu(leaf(special, {7})), {-0.01, 0, 0, 1, NAN, INFINITY, -INFINITY});
  expect_close(leaky_relu(leaf({-2, 3}, {2}), 0.5), {-1, 3});
  EXPECT_TRUE(std::signbit(leaky_relu(leaf({-0.0}, {1})).item<double>()));
}

TEST(LeakyRelu, HasTheSlopeAsItsGradientUpToZero) {
  Tensor x = leaf(special, {7});
  expect_close(gradient(leaky_relu(x, 0.25), x, {1, 2, 4, 1, 4, 1, 2}), {0.25, 0.5, 1, 1, 1, 1, 0.5});
}

TEST(LeakyRelu, TakesANegativeSlopeToo) {
  Tensor x = leaf({-2, 3}, {2});
  expect_close(leaky_relu(x, -0.5), {1, 3});
  expect_close(gradient(leaky_relu(x, -0.5), x, {1, 1}), {-0.5, 1});
}

}  // namespace
}  // namespace xtape
