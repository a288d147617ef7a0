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

XTAPE_OP_CASES(maximum) {
  cases.add_binary("maximum", "torch.maximum", maximum, {.compares = true});
  cases.add("maximum", "number", {away({2, 3})}, "torch.maximum(x[0], torch.tensor(0.3, dtype=x[0].dtype))",
            [](Args x) { return maximum(x[0], 0.3); });
}

XTAPE_OP_CASES(minimum) {
  cases.add_binary("minimum", "torch.minimum", minimum, {.compares = true});
  cases.add("minimum", "number", {away({2, 3})}, "torch.minimum(x[0], torch.tensor(0.3, dtype=x[0].dtype))",
            [](Args x) { return minimum(x[0], 0.3); });
}

TEST(Maximum, TakesTheLargerOfEachPair) {
  expect_close(maximum(tensor({1.0f, 5.0f, -2.0f}), tensor({3.0f, 4.0f, -INFINITY})), {3, 5, -2});
  expect_close(maximum(tensor({1, -5}), 0), {1, 0});
}

TEST(Minimum, TakesTheSmallerOfEachPair) {
  expect_close(minimum(tensor({1.0f, 5.0f, -2.0f}), tensor({3.0f, 4.0f, -INFINITY})), {1, 4, -INFINITY});
  expect_close(minimum(tensor({1, -5}), 0), {0, -5});
}

TEST(Maximum, LetsNaNThroughFromEitherSide) {  // SEMANTICS [21]
  const Tensor a = tensor({NAN, 1.0f, NAN}), b = tensor({1.0f, NAN, NAN});
  expect_close(maximum(a, b), {NAN, NAN, NAN});
  expect_close(minimum(a, b), {NAN, NAN, NAN});
}

TEST(Maximum, SharesTheGradientOnTies) {  // SEMANTICS [21]
  using Op = Tensor (*)(const Tensor&, const Tensor&);
  for (Op f : {static_cast<Op>(maximum), static_cast<Op>(minimum)}) {
    Tensor a = leaf({1, INFINITY}, {2}), b = leaf({1, INFINITY}, {2});
    const Tensor y = f(a, b);
    expect_close(gradient(y, a, {3, 1}), {1.5, 0.5});
    expect_close(gradient(y, b, {3, 1}), {1.5, 0.5});
  }
}

TEST(Maximum, SendsTheGradientOfNaNToBothSidesAsPyTorchDoes) {
  Tensor a = leaf({NAN, 1}, {2}), b = leaf({0, NAN}, {2});
  const Tensor y = maximum(a, b);
  expect_close(gradient(y, a, {3, 1}), {3, 1});
  expect_close(gradient(y, b, {3, 1}), {3, 1});
}

TEST(Maximum, GivesTheSmallerZeroWhateverTheUpstreamGradient) {
  Tensor a = leaf({1, 1}, {2}), b = leaf({2, 2}, {2});
  const Tensor y = maximum(a, b);
  expect_close(gradient(y, a, {INFINITY, NAN}), {0, 0});
  expect_close(gradient(y, b, {INFINITY, NAN}), {INFINITY, NAN});
}

TEST(Maximum, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: minimum: shapes (2, 3) and (2, 4) do not broadcast: dim -1 is 3 and 4",
       [] { minimum(ones({2, 3}), ones({2, 4})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
