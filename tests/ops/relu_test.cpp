#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(relu) { cases.add_unary("relu", "torch.relu", relu); }

const std::vector<double> relu_points = {-1, 0, -0.0, 1, NAN, INFINITY, -INFINITY};

TEST(Relu, CutsAtZero) {  // SEMANTICS [18]
  const Tensor y = relu(leaf(relu_points, {7}));
  expect_close(y, {0, 0, 0, 1, NAN, INFINITY, 0});
  EXPECT_TRUE(std::signbit(y.to_vector<double>()[2]));
  EXPECT_FALSE(std::signbit(y.to_vector<double>()[0]));
}

TEST(Relu, HasGradientOneAboveZeroAndAtNaN) {  // SEMANTICS [18]
  Tensor x = leaf(relu_points, {7});
  expect_close(gradient(relu(x), x, {1, 1, 1, 1, 1, 1, 1}), {0, 0, 0, 1, 1, 1, 0});
}

TEST(Relu, HasGradientZeroBelowZeroWhateverTheUpstreamGradient) {
  Tensor x = leaf({-1, 0, 1}, {3});
  expect_close(gradient(relu(x), x, {INFINITY, NAN, 2}), {0, 0, 2});
}

TEST(Relu, WorksForIntegersAndEmptyTensors) {
  expect_close(relu(tensor({-3, 4})), {0, 4});
  EXPECT_EQ(relu(zeros({0, 3})).shape(), (Shape{0, 3}));
}

TEST(Relu, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: relu: the tensor is undefined; has backward run?", [] { relu(Tensor()); }},
      {"DTypeError: relu: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { relu(tensor({true})); }},
  });
}

}  // namespace
}  // namespace xtape
