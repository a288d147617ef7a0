#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

TEST(Div, DividesElementByElement) { expect_close(tensor({1.0f, 2.0f}) / tensor({4.0f, -2.5f}), {0.25, -0.8}, 1e-7); }

TEST(Div, OfIntegersIsFloat32) {  // SEMANTICS [27]
  const Tensor y = tensor({1, 7}) / tensor({2, -2});
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {0.5, -3.5});
}

TEST(Div, ByZeroFollowsTheFloatingRules) {
  expect_close(tensor({1, -1, 0}) / 0, {INFINITY, -INFINITY, NAN});
}

TEST(Div, OfZeroByATinyNumberHasAGradientOfZero) {
  Tensor b = leaf({1e-300, 2}, {2});
  expect_close(gradient(tensor({0.0, 4.0}, {.dtype = float64}) / b, b, {-1e9, 1}), {0, -1});
}

TEST(Div, HasTheQuotientRule) {
  testing::expect_gradients([](const Inputs& x) { return x[0] / x[1]; },
                            {leaf({1, 2, 3, 4, 5, 6}, {2, 3}), leaf({0.5, -1, 2}, {3})});
  testing::expect_gradients([](const Inputs& x) { return 2 / x[0]; }, {leaf({0.5, -1, 2}, {3})});
}

TEST(Div, HasPyTorchsGradientsAtZero) {
  Tensor a = leaf({1}, {1}), b = leaf({0}, {1});
  const Tensor y = a / b;
  expect_close(gradient(y, a, {1}), {INFINITY});
  expect_close(gradient(y, b, {1}), {-INFINITY});
}

TEST(Div, RefusesUint8) {
  expect_error<DTypeError>([] { return tensor({1}, {.dtype = uint8}) / 2; }, "div: uint8 has no arithmetic");
}

}  // namespace
}  // namespace xtape
