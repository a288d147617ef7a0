#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::away;
using testing::expect_close;
using testing::gradient;
using testing::leaf;
using testing::nan;
using testing::special;

XTAPE_OP_CASES(leaky_relu) {
  cases.add("leaky_relu", "", {away({2, 3, 4})}, "F.leaky_relu(x[0], 0.1)",
            [](Args x) { return leaky_relu(x[0], 0.1); });
  cases.add("leaky_relu", "special", {special({20})}, "F.leaky_relu(x[0])", [](Args x) { return leaky_relu(x[0]); })
      .smooth = false;
}

const std::vector<double> leaky_relu_points = {-1, 0, -0.0, 1, NAN, INFINITY, -INFINITY};

TEST(LeakyRelu, ScalesWhatIsNotPositive) {
  expect_close(leaky_relu(leaf(leaky_relu_points, {7})), {-0.01, 0, 0, 1, NAN, INFINITY, -INFINITY});
  expect_close(leaky_relu(leaf({-2, 3}, {2}), 0.5), {-1, 3});
  EXPECT_TRUE(std::signbit(leaky_relu(leaf({-0.0}, {1})).item<double>()));
}

TEST(LeakyRelu, HasTheSlopeAsItsGradientUpToZero) {
  Tensor x = leaf(leaky_relu_points, {7});
  expect_close(gradient(leaky_relu(x, 0.25), x, {1, 2, 4, 1, 4, 1, 2}), {0.25, 0.5, 1, 1, 1, 1, 0.5});
}

TEST(LeakyRelu, TakesANegativeSlopeToo) {
  Tensor x = leaf({-2, 3}, {2});
  expect_close(leaky_relu(x, -0.5), {1, 3});
  expect_close(gradient(leaky_relu(x, -0.5), x, {1, 1}), {-0.5, 1});
}

TEST(LeakyRelu, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: leaky_relu: negative_slope is NaN", [] { leaky_relu(ones({2}), nan); }},
  });
}

}  // namespace
}  // namespace xtape
