#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::leaf;
using testing::OpCases;
using testing::uniform;

void add_gelu(OpCases& cases, const std::string& name, const std::string& torch, GELUApproximate form) {
  const std::vector<double> numbers = {0, -0.0, 1, -1, 0.5, -2.5, 3, NAN, 1e-40, 1e10, 88.5, 0x1p53};
  auto run = [form](Args x) { return gelu(x[0], form); };
  cases.add("gelu", name, {any({2, 3, 4})}, torch, run);
  cases.add("gelu", name + ", special", {given({12}, numbers)}, torch, run).smooth = false;
  cases.add("gelu", name + ", wide", {uniform({200}, -30, 60)}, torch, run).smooth = false;
}

XTAPE_OP_CASES(gelu) {
  add_gelu(cases, "by erf", "F.gelu(x[0], approximate='none')", GELUApproximate::none);
  add_gelu(cases, "by tanh", "F.gelu(x[0], approximate='tanh')", GELUApproximate::tanh);
}

const std::vector<double> gelu_points = {-3, -1, -0.5, 0, 0.5, 2};
const GELUApproximate forms[] = {GELUApproximate::none, GELUApproximate::tanh};

TEST(Gelu, HasPyTorchsValueAndGradientByErf) {
  Tensor x = leaf(gelu_points, {6});
  const Tensor y = gelu(x);
  expect_close(
      y, {-0.00404969409489031, -0.15865525393145702, -0.15426876936299344, 0, 0.34573123063700656, 1.9544997361036416},
      1e-12);
  expect_close(
      gradient(y, x, {1, 1, 1, 1, 1, 1}),
      {-0.01194564720418392, -0.08331547058768635, 0.13250487534383712, 0.5, 0.8674951246561629, 1.085231801078197},
      1e-12);
}

TEST(Gelu, HasPyTorchsValueAndGradientByTanh) {
  Tensor x = leaf(gelu_points, {6});
  const Tensor y = gelu(x, GELUApproximate::tanh);
  expect_close(
      y,
      {-0.0036373920817729943, -0.15880800939172324, -0.15428599017485606, 0, 0.34571400982514394, 1.954597694087775},
      1e-12);
  expect_close(
      gradient(y, x, {1, 1, 1, 1, 1, 1}),
      {-0.011584166630969648, -0.08296408384578252, 0.13263009646535764, 0.5, 0.8673699035346424, 1.0860992566236183},
      1e-12);
}

TEST(Gelu, FollowsItsLimitsFarOut) {
  for (GELUApproximate form : forms) {
    for (DType dtype : {float32, float64}) {
      Tensor x = tensor({-INFINITY, -1e30f, 1e30f, INFINITY, NAN}, {.dtype = dtype, .requires_grad = true});
      const Tensor y = gelu(x, form);
      expect_close(y, {0, 0, 1e30, INFINITY, NAN}, 1e-7);
      expect_close(gradient(y, x, {1, 1, 1, 1, 1}), {0, 0, 1, 1, NAN});
    }
  }
}

TEST(Gelu, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: gelu: the tensor is undefined; has backward run?", [] { gelu(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
