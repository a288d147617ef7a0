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

TEST(Relu, CutsAtZero) {  // SEMANTICS [18]
  const Tensor y = relu(leaf(special, {7}));
  expect_close(y, {0, 0, 0, 1, NAN, INFINITY, 0});
  EXPECT_TRUE(std::signbit(y.to_vector<double>()[2]));
  EXPECT_FALSE(std::signbit(y.to_vector<double>()[0]));
}

TEST(Relu, HasGradientOneAboveZeroAndAtNaN) {  // SEMANTICS [18]
  Tensor x = leaf(special, {7});
  expect_close(gradient(relu(x), x, {1, 1, 1, 1, 1, 1, 1}), {0, 0, 0, 1, 1, 1, 0});
}

TEST(Relu, HasTheSameGradientWithCreateGraph) {
  Tensor x = leaf(special, {7});
  testing::expect_same_gradient_with_create_graph(relu(x), x, tensor({1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}, {.dtype = float64}));
}

TEST(Relu, GivesZeroBelowZeroWhateverArrives) {
  Tensor x = leaf({-1, 0, 1}, {3});
  expect_close(gradient(relu(x), x, {INFINITY, NAN, 2}), {0, 0, 2});
}

TEST(Relu, AgreesWithCentralDifferences) {
  testing::expect_gradients([](const Inputs& x) { return relu(x[0]); }, {leaf({-3, -0.5, 0.2, 1}, {2, 2})});
  testing::expect_gradients([](const Inputs& x) { return relu(x[0]) * x[0]; }, {leaf({-3, -0.5, 0.2, 1}, {2, 2})});
}

TEST(Relu, WorksForIntegersAndEmptyTensors) {
  expect_close(relu(tensor({-3, 4})), {0, 4});
  EXPECT_EQ(relu(zeros({0, 3})).shape(), (Shape{0, 3}));
}

TEST(Relu, RefusesUint8) {
  expect_error<DTypeError>([] { return relu(tensor({1}, {.dtype = uint8})); }, "relu: uint8 has no arithmetic");
}

}  // namespace
}  // namespace xtape
