#include <cstdint>
#include <cstdio>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::away;
using testing::constant;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::leaf;
using testing::nan;
using testing::OpCases;
using testing::positive;
using testing::special;

void add_powers(OpCases& cases, double exponent, bool is_half) {
  const std::vector<double> roots = {0, 1, 0.5, 3, inf, nan, 1e-40, 88.5, -1, -2.5};
  char text[16];
  std::snprintf(text, sizeof text, "%g", exponent);
  const std::string name = text, call = "torch.pow(x[0], " + name + ")";
  auto power = [exponent](Args x) { return pow(x[0], exponent); };
  cases.add("pow", "to " + name, {positive({2, 3})}, call, power);
  // Not among the roots: -0 and -inf, of which PyTorch takes the square root (-0, NaN) and xtape IEEE's pow (0, inf).
  cases.add("pow", "special to " + name, {is_half ? given({10}, roots) : special({20})}, call, power).smooth = false;
}

XTAPE_OP_CASES(pow) {
  const std::string of_tensors = "torch.pow(x[0], x[1])";
  auto power = [](Args x) { return pow(x[0], x[1]); };
  cases.add_binary("pow", "torch.pow", pow, {.left = positive});
  for (double e : {-0.5, 0.5, 1.5}) add_powers(cases, e, true);
  for (double e : {-2.5, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}) add_powers(cases, e, false);
  cases.add("pow", "negative base", {given({3}, {-1, -2, -0.5}), constant({3}, {3, 2, -2})}, of_tensors, power);
  cases.add("pow", "of number", {away({2, 3})}, "torch.pow(2, x[0])", [](Args x) { return pow(2, x[0]); });
  for (int e : {-2, 0, 1, 2, 3}) {
    cases.add("pow", "of both signs to " + std::to_string(e), {away({2, 3})}, [e](Args x) { return pow(x[0], e); });
  }
  cases.add("pow", "to tensors of zeros", {positive({2}), given({2}, {0, 0})}, power);  // d2/da db is 1 / a, not 0
}

TEST(Pow, HasTheKnownValues) {
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), 3), {8, 64, -8, 0});
  expect_close(pow(leaf({2, 4, -2}, {3}), 2), {4, 16, 4});
  expect_close(pow(leaf({2, -4}, {2}), 1), {2, -4});
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), 0.5), {1.4142135623730951, 2, NAN, 0});
  expect_close(pow(leaf({2, 4, -2, 0}, {4}), -1), {0.5, 0.25, -0.5, INFINITY});
  expect_close(pow(2, leaf({3, -1}, {2})), {8, 0.5});
}

TEST(Pow, OfAnythingToTheZerothPowerIsOne) { expect_close(pow(tensor({0.0f, NAN, INFINITY, -3.0f}), 0), {1, 1, 1, 1}); }

TEST(Pow, OfIntegersStaysInteger) {
  const Tensor y = pow(tensor({0, 2, -3, 10}), tensor({0, 62, 3, 5}));
  EXPECT_EQ(y.dtype(), int64);
  EXPECT_EQ(y.to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, std::int64_t{1} << 62, -27, 100000}));
  EXPECT_EQ(pow(tensor({3}, {.dtype = int32}), 2).dtype(), int32);
}

TEST(Pow, OfIntegersWrapsAroundAsInPyTorch) {
  EXPECT_EQ(pow(tensor({10}), 25).item<std::int64_t>(), 1590897978359414784);
}

TEST(Pow, OfIntegersToAFloatingPowerIsFloat32) {
  const Tensor y = pow(tensor({4}), 0.5);
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {2});
}

TEST(Pow, HasGradientZeroForTheZerothPower) {  // SEMANTICS [21]
  Tensor x = leaf({0, 2, -2, NAN, INFINITY, 1e-320}, {6});
  expect_close(gradient(pow(x, 0), x, {1, 1, 1, 1, 1, 1}), {0, 0, 0, 0, 0, 0});
}

TEST(Pow, HasTheMathematicalGradientsAtBaseZero) {
  Tensor a = leaf({0, 0, 0, 0, 0, 0}, {6}), b = leaf({-1, 0, 0.5, 1, 2, 3}, {6});
  const Tensor y = pow(a, b);
  expect_close(gradient(y, a, {1, 1, 1, 1, 1, 1}), {-INFINITY, 0, INFINITY, 1, 0, 0});
  expect_close(gradient(y, b, {1, 1, 1, 1, 1, 1}), {-INFINITY, 0, 0, 0, 0, 0});  // as in PyTorch
}

TEST(Pow, LeaksNoNaNIntoGradientsOfGradientsAtZero) {
  Tensor a = leaf({0, 0, 0}, {3}), b = leaf({0, 1, 2}, {3});
  const Tensor gy = tensor({1.0, 1.0, 1.0}, {.dtype = float64, .requires_grad = true});
  const Tensor da = grad({pow(a, b)}, {a}, {gy}, {.create_graph = true})[0];
  const std::vector<Tensor> from_da = grad({da}, {a, gy}, {ones_like(da)});
  expect_close(from_da[0], {0, 0, 2});
  expect_close(from_da[1], {0, 1, 0});
  const Tensor db = grad({pow(a, b)}, {b}, {gy}, {.create_graph = true})[0];
  const std::vector<Tensor> from_db = grad({db}, {b, gy}, {ones_like(db)});
  expect_close(from_db[0], {0, 0, 0});
  expect_close(from_db[1], {0, 0, 0});
}

TEST(Pow, ComputesFloat32InFloat32) {
  EXPECT_EQ(pow(tensor({1.1f}), tensor({2.3f})).item<float>(), std::pow(1.1f, 2.3f));
}

TEST(Pow, Broadcasts) { expect_close(pow(tensor({{2.0f}, {3.0f}}), tensor({1.0f, 2.0f})), {2, 4, 3, 9}); }

TEST(Pow, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: pow: exponent[1] = -1: integers have no negative powers; convert the base with .to(float32)",
       [] { pow(tensor({2, 3}), tensor({1, -1})); }},
      {"DTypeError: pow: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { pow(tensor({true}), true); }},
      {"ShapeError: pow: shapes (2) and (3) do not broadcast: dim -1 is 2 and 3", [] { pow(ones({2}), ones({3})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
