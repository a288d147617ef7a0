// sin, cos and tan.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(sin) {
  cases.add_unary("sin", "torch.sin", sin);
  cases.add_unary("cos", "torch.cos", cos);
  cases.add_unary("tan", "torch.tan", tan);
}

const double half_pi = std::acos(0.0);

TEST(Trigonometric, FunctionsKeepTheSignOfZero) {
  EXPECT_TRUE(std::signbit(sin(tensor(-0.0)).item<float>()));
  EXPECT_TRUE(std::signbit(tan(tensor(-0.0)).item<float>()));
  expect_close(cos(tensor({0.0, -0.0})), {1, 1});
}

TEST(Trigonometric, FunctionsHaveTheirValuesAtAQuarterTurn) {
  const Tensor x = leaf({half_pi, 2 * half_pi}, {2});
  expect_close(sin(x), {1, 0}, 1e-15);
  expect_close(cos(x), {0, -1}, 1e-15);
  expect_close(x.tan()[1], {0}, 1e-15);
}

TEST(Trigonometric, FunctionsOfInfinityAreNaN) {
  for (auto f : {sin, cos, tan}) expect_close(f(tensor({INFINITY, -INFINITY, NAN})), {NAN, NAN, NAN});
}

TEST(Trigonometric, DerivativesTurnInACircle) {
  const Tensor x = leaf({0.5}, {1});
  Tensor d = sin(x);
  for (int k = 1; k <= 4; ++k) d = grad({d}, {x}, {ones_like(x.detach())}, {.create_graph = true})[0];
  expect_close(d, {std::sin(0.5)}, 1e-15);
}

TEST(Trigonometric, FunctionsOfIntegersAndTruthsAreFloat32) {
  for (auto f : {sin, cos, tan}) {
    for (DType dtype : {bool_, uint8, int32, int64}) {
      EXPECT_TRUE(equal(f(tensor({1, 0}).to(dtype)), f(tensor({1.0f, 0.0f}))));
    }
  }
}

TEST(Trigonometric, MethodsAreTheFunctions) {
  const Tensor x = tensor({0.5, -2.0});
  EXPECT_TRUE(equal(x.sin(), sin(x)) && equal(x.cos(), cos(x)) && equal(x.tan(), tan(x)));
}

TEST(Trigonometric, FunctionsRefuseAnUndefinedTensor) {
  testing::expect_errors({
      {"ValueError: sin: the tensor is undefined; has backward run?", [] { sin(Tensor()); }},
      {"ValueError: cos: the tensor is undefined; has backward run?", [] { cos(Tensor()); }},
      {"ValueError: tan: the tensor is undefined; has backward run?", [] { tan(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
