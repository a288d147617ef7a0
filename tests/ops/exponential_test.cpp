// expm1, exp2, log1p, log2, log10, rsqrt, square and reciprocal.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(expm1) {
  cases.add_unary("expm1", "torch.expm1", expm1);
  cases.add_unary("exp2", "torch.exp2", exp2);
  cases.add_unary("log1p", "torch.log1p", log1p, testing::positive);
  cases.add_unary("log2", "torch.log2", log2, testing::positive);
  cases.add_unary("log10", "torch.log10", log10, testing::positive);
  cases.add_unary("rsqrt", "torch.rsqrt", rsqrt, testing::positive);
  cases.add_unary("square", "torch.square", [](const Tensor& x) { return x.square(); });
  cases.add_unary("reciprocal", "torch.reciprocal", reciprocal);
}

TEST(Exponential, FunctionsKeepTheDigitsOfSmallNumbers) {
  const Tensor x = leaf({1e-20, -1e-20}, {2});
  expect_close(expm1(x), {1e-20, -1e-20}, 0);
  expect_close(log1p(x), {1e-20, -1e-20}, 0);
  EXPECT_TRUE(std::signbit(expm1(tensor(-0.0)).item<float>()) && std::signbit(log1p(tensor(-0.0)).item<float>()));
}

TEST(Exponential, FunctionsOfPowersAreExact) {
  expect_close(exp2(tensor({-1.0, 0.0, 10.0, 127.0, 128.0})), {0.5, 1, 1024, std::ldexp(1.0, 127), INFINITY}, 0);
  expect_close(log2(tensor({0.5, 8.0, 0.0, -1.0})), {-1, 3, -INFINITY, NAN}, 0);
  expect_close(log10(tensor({0.001, 100.0, 0.0, -1.0})), {-3, 2, -INFINITY, NAN}, 1e-6);
  expect_close(rsqrt(tensor({4.0f, 0.0f, -0.0f, INFINITY, -1.0f})), {0.5, INFINITY, -INFINITY, 0, NAN}, 0);
}

TEST(Exponential, GradientsAtTheEdges) {
  Tensor x = leaf({-1, 0, -INFINITY}, {3});
  expect_close(gradient(log1p(x), x, {1, 1, 1}), {INFINITY, 1, 0});
  x = leaf({0, -INFINITY}, {2});
  expect_close(gradient(expm1(x), x, {1, 1}), {1, 0});
  x = leaf({0, 2}, {2});
  expect_close(gradient(reciprocal(x), x, {1, 1}), {-INFINITY, -0.25});
}

TEST(Exponential, FunctionsOfIntegersAndTruthsAreFloat32) {
  for (auto f : {expm1, exp2, log1p, log2, log10, rsqrt, reciprocal}) {
    for (DType dtype : {bool_, uint8, int32, int64}) {
      EXPECT_TRUE(equal(f(tensor({1, 0}).to(dtype)), f(tensor({1.0f, 0.0f}))));
    }
  }
}

TEST(Square, OfIntegersStaysAnInteger) {
  EXPECT_TRUE(equal(tensor({-3, 4}).square(), tensor({9, 16})));
  EXPECT_TRUE(equal(tensor({16, 255}).to(uint8).square(), tensor({0, 1}).to(uint8)));
  EXPECT_TRUE(equal(tensor({true, false}).square(), tensor({1, 0})));
}

TEST(Exponential, MethodsAreTheFunctions) {
  const Tensor x = tensor({0.5, 2.0});
  EXPECT_TRUE(equal(x.expm1(), expm1(x)) && equal(x.exp2(), exp2(x)) && equal(x.log1p(), log1p(x)));
  EXPECT_TRUE(equal(x.log2(), log2(x)) && equal(x.log10(), log10(x)) && equal(x.rsqrt(), rsqrt(x)));
  EXPECT_TRUE(equal(x.reciprocal(), reciprocal(x)));
}

TEST(Exponential, FunctionsRefuseAnUndefinedTensor) {
  testing::expect_errors({
      {"ValueError: expm1: the tensor is undefined; has backward run?", [] { expm1(Tensor()); }},
      {"ValueError: exp2: the tensor is undefined; has backward run?", [] { exp2(Tensor()); }},
      {"ValueError: log1p: the tensor is undefined; has backward run?", [] { log1p(Tensor()); }},
      {"ValueError: log2: the tensor is undefined; has backward run?", [] { log2(Tensor()); }},
      {"ValueError: log10: the tensor is undefined; has backward run?", [] { log10(Tensor()); }},
      {"ValueError: rsqrt: the tensor is undefined; has backward run?", [] { rsqrt(Tensor()); }},
      {"ValueError: square: the tensor is undefined; has backward run?", [] { Tensor().square(); }},
      {"ValueError: reciprocal: the tensor is undefined; has backward run?", [] { reciprocal(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
