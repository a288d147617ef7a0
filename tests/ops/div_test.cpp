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

XTAPE_OP_CASES(div) {
  cases.add_binary("div", "torch.div", div, {.divides = true});
  cases.add("div", "number", {away({2, 3})}, "x[0] / 0.3", [](Args x) { return x[0] / 0.3; });
  cases.add("div", "from number", {away({2, 3})}, "0.3 / x[0]", [](Args x) { return 0.3 / x[0]; });
  cases.add("div", "by zero", {away({2, 3})}, "x[0] / 0", [](Args x) { return x[0] / 0; }).smooth = false;
}

TEST(Div, DividesElementByElement) { expect_close(tensor({1.0f, 2.0f}) / tensor({4.0f, -2.5f}), {0.25, -0.8}, 1e-7); }

TEST(Div, OfIntegersIsFloat32) {  // SEMANTICS [27]
  const Tensor y = tensor({1, 7}) / tensor({2, -2});
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {0.5, -3.5});
}

TEST(Div, OfA0DimIntegerKeepsItsValue) {  // add and its kin compute in uint8 here, as in PyTorch
  const Tensor three = tensor(-3, int32), two = tensor({2}, uint8);
  expect_close(three / two, {-1.5});
  expect_close(two / three, {-0.6666667}, 1e-7);
  EXPECT_EQ((three / two).dtype(), float32);
}

TEST(Div, ByZeroFollowsTheFloatingRules) { expect_close(tensor({1, -1, 0}) / 0, {INFINITY, -INFINITY, NAN}); }

TEST(Div, OfZeroByATinyNumberHasAGradientOfZero) {
  Tensor b = leaf({1e-300, 2}, {2});
  expect_close(gradient(tensor({0.0, 4.0}, {.dtype = float64}) / b, b, {-1e9, 1}), {0, -1});
}

TEST(Div, HasPyTorchsGradientsAtZero) {
  Tensor a = leaf({1}, {1}), b = leaf({0}, {1});
  const Tensor y = a / b;
  expect_close(gradient(y, a, {1}), {INFINITY});
  expect_close(gradient(y, b, {1}), {-INFINITY});
}

TEST(Div, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: div: the tensor is undefined; has backward run?", [] { ones({2}) / Tensor(); }},
  });
}

}  // namespace
}  // namespace xtape
