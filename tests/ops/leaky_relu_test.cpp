#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
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

TEST(LeakyRelu, AgreesWithCentralDifferences) {
  const Tensor x = leaf({-3, -0.5, 0.2, 1}, {2, 2});
  testing::expect_gradients([](const Inputs& in) { return leaky_relu(in[0], 0.1); }, {x});
  testing::expect_gradients([](const Inputs& in) { return leaky_relu(in[0], 0.1) * in[0]; }, {x});
}

TEST(LeakyRelu, RefusesASlopeThatIsNoNumber) {
  expect_error<ValueError>([] { return leaky_relu(ones({1}), NAN); }, "leaky_relu: negative_slope is NaN");
  expect_error<DTypeError>([] { return leaky_relu(tensor({true})); }, "leaky_relu: bool_ has no arithmetic");
}

}  // namespace
}  // namespace xtape
