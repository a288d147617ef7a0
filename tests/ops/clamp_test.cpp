#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::away;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::integers;
using testing::leaf;
using testing::nan;
using testing::special;

XTAPE_OP_CASES(clamp) {
  cases.add("clamp", "", {away({4, 5})}, "torch.clamp(x[0], -1, 1.5)", [](Args x) { return clamp(x[0], -1, 1.5); });
  cases.add("clamp", "wrong way round", {away({4, 5})}, "torch.clamp(x[0], 1.5, -1)",
            [](Args x) { return clamp(x[0], 1.5, -1); });
  cases.add("clamp", "to infinity", {away({20})}, "torch.clamp(x[0], 0.75, inf)",
            [](Args x) { return clamp(x[0], 0.75, INFINITY); });
  cases
      .add("clamp", "special", {special({20})}, "torch.clamp(x[0], -1.75, 50)",
           [](Args x) { return clamp(x[0], -1.75, 50); })
      .smooth = false;
  // PyTorch 2.x has no gradient at a bound, 1.13 and xtape have one: only the value is compared.
  cases
      .add("clamp", "at the bounds", {given({4}, {-1, 1, 0, 2})}, "torch.clamp(x[0].detach(), -1, 1)",
           [](Args x) { return clamp(x[0].detach(), -1, 1); })
      .smooth = false;
  cases.add("clamp", "integers", {integers({9}, 9)}, "torch.clamp(x[0], 2, 5)",
            [](Args x) { return clamp(x[0], 2, 5); });
}

TEST(Clamp, PullsIntoTheRange) {
  expect_close(clamp(tensor({-2.0f, -1.0f, 0.5f, 1.0f, INFINITY, -INFINITY}), -1, 1), {-1, -1, 0.5, 1, 1, -1});
  expect_close(tensor({-3, 0, 9}).clamp(-1, 5), {-1, 0, 5});
}

TEST(Clamp, LetsNaNThrough) { expect_close(clamp(tensor({NAN, 3.0f}), 0, 1), {NAN, 1}); }  // SEMANTICS [21]

TEST(Clamp, IsTheUpperBoundWhereTheBoundsCross) {
  expect_close(clamp(tensor({-2.0f, 0.0f, 2.0f}), 1, -1), {-1, -1, -1});
}

TEST(Clamp, TakesInfiniteBoundsAsNone) { expect_close(clamp(tensor({-2.0f, 0.0f, 2.0f}), -INFINITY, 1), {-2, 0, 1}); }

TEST(Clamp, OfIntegersByFloatingBoundsIsFloat32) {
  const Tensor y = clamp(tensor({1, 2, 3}), 1.5, 2.5);
  EXPECT_EQ(y.dtype(), float32);
  expect_close(y, {1.5, 2, 2.5});
}

TEST(Clamp, PassesTheGradientInsideAndAtBothBounds) {  // SEMANTICS [21]
  Tensor x = leaf({-2, -1, 0, 1, 2}, {5});
  expect_close(gradient(clamp(x, -1, 1), x, {3, 3, 3, 3, 3}), {0, 3, 3, 3, 0});
}

TEST(Clamp, HasGradientZeroOutsideWhateverTheUpstreamGradient) {
  Tensor x = leaf({-2, INFINITY, NAN, 0}, {4});
  expect_close(gradient(clamp(x, -1, 1), x, {INFINITY, NAN, 1, 1}), {0, 0, 0, 1});
}

XTAPE_OP_CASES(clamp_min) {
  using testing::Args;
  cases.add("clamp_min", "", {testing::away({4, 5})}, "torch.clamp_min(x[0], -1)",
            [](Args x) { return clamp_min(x[0], -1); });
  cases.add("clamp_max", "", {testing::away({4, 5})}, "torch.clamp_max(x[0], 1.5)",
            [](Args x) { return clamp_max(x[0], 1.5); });
  cases.add("clamp", "one bound", {testing::away({4, 5})}, "torch.clamp(x[0], 0.75)",
            [](Args x) { return clamp(x[0], 0.75); });
  cases
      .add("clamp", "one bound, special", {testing::special({20})},
           "[torch.clamp_min(x[0], -1.75), torch.clamp_max(x[0], 50)]",
           [](Args x) {
             return std::vector<Tensor>{clamp_min(x[0], -1.75), clamp_max(x[0], 50)};
           })
      .smooth = false;
}

TEST(Clamp, TakesOneBound) {
  const Tensor x = tensor({-2.0f, 0.0f, 2.0f, INFINITY, -INFINITY, NAN});
  expect_close(clamp(x, -1), {-1, 0, 2, INFINITY, -1, NAN});
  expect_close(clamp_min(x, -1), {-1, 0, 2, INFINITY, -1, NAN});
  expect_close(clamp_max(x, 1), {-2, 0, 1, 1, -INFINITY, NAN});
  EXPECT_TRUE(equal(tensor({-5, 5}).clamp_min(0), tensor({0, 5})) &&
              equal(tensor({-5, 5}).clamp_max(0), tensor({-5, 0})));
  EXPECT_TRUE(equal(tensor({-5, 5}).clamp(0), tensor({0, 5})));
}

TEST(Clamp, PassesTheGradientAtTheOneBound) {
  Tensor x = leaf({-1, 0, 1}, {3});
  expect_close(gradient(clamp_min(x, 0), x, {3, 3, 3}), {0, 3, 3});
  expect_close(gradient(clamp_max(x, 0), x, {3, 3, 3}), {3, 3, 0});
}

TEST(Clamp, OfTruthsByIntegersIsInt64) { EXPECT_TRUE(equal(clamp(tensor({true, false}), 0, 5), tensor({1, 0}))); }

TEST(Clamp, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: clamp: a bound is NaN", [] { clamp(ones({2}), nan, 1); }},
      {"DTypeError: clamp: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { clamp(tensor({true}), false, true); }},
      {"ValueError: clamp_min: a bound is NaN", [] { clamp_min(ones({1}), NAN); }},
      {"ValueError: clamp_max: a bound is NaN", [] { clamp_max(ones({1}), NAN); }},
      {"ValueError: clamp: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { clamp(tensor({1}).to(uint8), -1, 5); }},
      {"ValueError: clamp_max: the tensor is undefined; has backward run?", [] { clamp_max(Tensor(), 1); }},
  });
}

}  // namespace
}  // namespace xtape
