#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::indices;
using testing::inf;
using testing::Input;
using testing::nan;
using testing::OpCases;
using testing::with_each_reduction;

/// One row, several rows, and rows with positions, with an ignored target; golden/losses_test.cpp compares with
/// PyTorch.
void add_nll_loss_of_shapes(OpCases& cases) {
  const Input t22 = indices({2, 2, 2}, {0, 2, -100, 1, 1, 1, 0, 2}), t4 = indices({2, 4}, t22.values);
  const std::pair<Shape, Input> problems[] = {
      {{3}, indices({}, {2})}, {{4, 3}, indices({4}, {0, 2, -100, 1})}, {{2, 3, 4}, t4}, {{2, 3, 2, 2}, t22}};
  for (const auto& [shape, target] : problems) {
    const std::vector<Input> inputs = {any(shape), target, constant({3}, {0.2, 0.3, 0.5})};
    cases.add("nll_loss", "of " + shape.to_string(), inputs, [](Args x) {
      return with_each_reduction([&x](Reduction r) { return nll_loss(x[0], x[1], {.reduction = r}); });
    });
    cases.add("nll_loss", "of " + shape.to_string() + ", weighted", inputs, [](Args x) {
      return with_each_reduction([&x](Reduction r) { return nll_loss(x[0], x[1], {.weight = x[2], .reduction = r}); });
    });
  }
}

XTAPE_OP_CASES(nll_loss) {
  const Input target = indices({4}, {2, 0, -100, 1});
  cases.add("nll_loss", "", {any({4, 3}), target}, "F.nll_loss(x[0], x[1])",
            [](Args x) { return nll_loss(x[0], x[1]); });
  cases.add("nll_loss", "each", {any({4, 3}), target, constant({3}, {0.2, 0.3, 0.5})},
            "F.nll_loss(x[0], x[1], weight=x[2], reduction='none')",
            [](Args x) { return nll_loss(x[0], x[1], {.weight = x[2], .reduction = Reduction::none}); });
  add_nll_loss_of_shapes(cases);
}

using Numbers = std::vector<double>;

/// The loss of lp and t; expects its gradient to be `gradient`, with and without create_graph.
void expect_nll_loss(const Tensor& lp, const Tensor& t, const NLLOptions& options, const Numbers& value,
                     const Numbers& gradient, double tol = 1e-12) {
  Tensor x = lp.clone().requires_grad_();
  Tensor y = nll_loss(x, t, options);
  expect_close(y, value, tol);
  expect_close(grad({y}, {x}, {ones_like(y)}, {.create_graph = true})[0], gradient, tol);
  expect_close(grad({y}, {x}, {ones_like(y)})[0], gradient, tol);
}

Tensor reals(const Numbers& values, const Shape& shape) { return tensor(values, shape); }

TEST(NllLoss, IsTheNegatedElementOfTheTarget) {
  Tensor lp = reals({-1, -2, -3, -4, -5, -6}, {2, 3}), t = tensor({2, 0});
  expect_nll_loss(lp, t, {.reduction = Reduction::none}, {3, 4}, {0, 0, -1, -1, 0, 0}, 0);
  expect_nll_loss(lp, t, {.reduction = Reduction::sum}, {7}, {0, 0, -1, -1, 0, 0}, 0);
  expect_nll_loss(lp, t, {}, {3.5}, {0, 0, -.5, -.5, 0, 0}, 0);
  expect_nll_loss(lp.to(float32), t, {}, {3.5}, {0, 0, -.5, -.5, 0, 0}, 0);
}

TEST(NllLoss, TheMeanDividesByTheTargetsWeights) {
  Tensor lp = reals({-1, -2, -3, -4, -5, -6}, {2, 3}), t = tensor({2, 0}), w = reals({1, 7, 3}, {3});
  expect_nll_loss(lp, t, {.weight = w, .reduction = Reduction::none}, {9, 4}, {0, 0, -3, -1, 0, 0}, 0);
  expect_nll_loss(lp, t, {.weight = w}, {13. / 4}, {0, 0, -.75, -.25, 0, 0}, 0);
}

TEST(NllLoss, TakesOneRowAndAnyNumberOfPositions) {
  expect_nll_loss(reals({-1, -2, -3}, {3}), tensor(1), {.reduction = Reduction::none}, {2}, {0, -1, 0}, 0);
  Tensor lp = reals({-1, -2, -3, -4, -5, -6, -7, -8}, {2, 2, 2});
  Tensor none = nll_loss(lp, tensor({{1, 0}, {0, 1}}), {.reduction = Reduction::none});
  EXPECT_EQ(none.shape(), (Shape{2, 2}));
  expect_close(none, {3, 2, 5, 8});
}

TEST(NllLoss, NeverLooksAtOtherElements) {  // SEMANTICS [11]
  Tensor lp = reals({nan, -1, inf, nan, nan, nan}, {2, 3});
  expect_nll_loss(lp, tensor({1, -100}), {}, {1}, {0, -1, 0, 0, 0, 0}, 0);
  Tensor w = reals({0, 1}, {2});
  expect_nll_loss(reals({-inf, 0, 0, -1}, {2, 2}), tensor({0, 1}), {.weight = w}, {1}, {0, 0, 0, -1}, 0);
}

TEST(NllLoss, OfNothingIsNanInTheMeanAndZeroOtherwise) {  // SEMANTICS [6], [13]
  Tensor lp = reals({-1, -2, -3, -4}, {2, 2}), w = zeros({2}, {.dtype = float64});
  const Numbers zero(4, 0.0);
  for (NLLOptions options : {NLLOptions{.ignore_index = 1}, NLLOptions{.weight = w}}) {
    expect_nll_loss(lp, tensor({1, 1}), options, {nan}, zero, 0);
    options.reduction = Reduction::sum;
    expect_nll_loss(lp, tensor({1, 1}), options, {0}, zero, 0);
    options.reduction = Reduction::none;
    expect_nll_loss(lp, tensor({1, 1}), options, {0, 0}, zero, 0);
  }
  Tensor no_lp = zeros({0, 3}), no_target = zeros({0}, {.dtype = int64});
  expect_nll_loss(no_lp, no_target, {}, {nan}, {});
  expect_nll_loss(no_lp, no_target, {.reduction = Reduction::sum}, {0}, {});
  expect_nll_loss(no_lp, no_target, {.reduction = Reduction::none}, {}, {});
}

TEST(NllLoss, OfTenMillionFloatsKeepsItsDigits) {  // SEMANTICS [14]
  Tensor lp = full({10'000'000, 1}, -0.1f);
  EXPECT_FLOAT_EQ(nll_loss(lp, zeros({10'000'000}, {.dtype = uint8})).item<float>(), 0.1f);
}

TEST(NllLoss, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: nll_loss: target[1, 1] = 3 is outside [0, 3)",
       [] { nll_loss(zeros({2, 3, 2}), tensor({{0, 1}, {2, 3}})); }},
      {"DTypeError: nll_loss: the target is float32; class indices are integers: convert them with .to(int64)",
       [] { nll_loss(zeros({2, 3}), zeros({2, 3})); }},
      {"DTypeError: nll_loss: expected a floating input, which has a number for each class, got int64 (1, 3)",
       [] { nll_loss(tensor({{1, 2, 3}}), tensor({0})); }},
      {"ShapeError: nll_loss: expected a target of shape (2) for an input of (2, 3), got (3)",
       [] { nll_loss(zeros({2, 3}), tensor({0, 1, 2})); }},
      {"ShapeError: nll_loss: expected (C), (N, C) or (N, C, d1, ...), got a 0-dim tensor",
       [] { nll_loss(tensor(1.0), tensor(0)); }},
      {"ValueError: nll_loss: weight[0] = -1 is negative or not finite",
       [] { nll_loss(zeros({2, 3}), tensor({0, 1}), {.weight = full({3}, -1.0)}); }},
      {"ValueError: nll_loss: the tensor is undefined; has backward run?", [] { nll_loss(zeros({2, 3}), Tensor()); }},
      {"IndexError: nll_loss: target[1] = 3 is outside [0, 3)", [] { nll_loss(zeros({2, 3}), tensor({0, 3})); }},
      {"IndexError: nll_loss: target[0] = -1 is outside [0, 3); to ignore such positions pass {.ignore_index = -1}",
       [] { nll_loss(zeros({2, 3}), tensor({-1, 0})); }},
      {"IndexError: nll_loss: target[0] = 1099511627776 is outside [0, 3)",
       [] { nll_loss(zeros({2, 3}), tensor({1LL << 40, 0LL})); }},
      {"IndexError: nll_loss: target[0] = -9223372036854775808 is outside [0, 3); to ignore such positions pass "
       "{.ignore_index = -9223372036854775808}",
       [] { nll_loss(zeros({2, 3}), tensor({INT64_MIN, std::int64_t{0}})); }},
      {"ValueError: nll_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { nll_loss(ones({2, 3}), tensor({0, 1}), {.reduction = Reduction::batchmean}); }},
      {"DTypeError: nll_loss: the target is float32; class indices are integers: convert them with .to(int64)",
       [] { nll_loss(zeros({2, 3}), zeros({2})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
