#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::inf;
using testing::nan;

using Numbers = std::vector<double>;

/// The loss of lp and t; expects its gradient to be `gradient`, with and without create_graph.
void expect_loss(const Tensor& lp, const Tensor& t, const NLLOptions& options, const Numbers& value,
                 const Numbers& gradient, double tol = 1e-12) {
  Tensor x = lp.clone().requires_grad_();
  Tensor y = nll_loss(x, t, options);
  expect_close(y, value, tol);
  expect_close(grad({y}, {x}, {ones_like(y)}, {.create_graph = true})[0], gradient, tol);
  expect_close(grad({y}, {x}, {ones_like(y)})[0], gradient, tol);
}

Tensor f64(const Numbers& values, const Shape& shape) { return tensor(values, shape); }

TEST(NllLoss, IsTheNegatedElementOfTheTarget) {
  Tensor lp = f64({-1, -2, -3, -4, -5, -6}, {2, 3}), t = tensor({2, 0});
  expect_loss(lp, t, {.reduction = Reduction::none}, {3, 4}, {0, 0, -1, -1, 0, 0}, 0);
  expect_loss(lp, t, {.reduction = Reduction::sum}, {7}, {0, 0, -1, -1, 0, 0}, 0);
  expect_loss(lp, t, {}, {3.5}, {0, 0, -.5, -.5, 0, 0}, 0);
  expect_loss(lp.to(float32), t, {}, {3.5}, {0, 0, -.5, -.5, 0, 0}, 0);
}

TEST(NllLoss, TheMeanDividesByTheTargetsWeights) {
  Tensor lp = f64({-1, -2, -3, -4, -5, -6}, {2, 3}), t = tensor({2, 0}), w = f64({1, 7, 3}, {3});
  expect_loss(lp, t, {.weight = w, .reduction = Reduction::none}, {9, 4}, {0, 0, -3, -1, 0, 0}, 0);
  expect_loss(lp, t, {.weight = w}, {13. / 4}, {0, 0, -.75, -.25, 0, 0}, 0);
}

TEST(NllLoss, TakesOneRowAndAnyNumberOfPositions) {
  expect_loss(f64({-1, -2, -3}, {3}), tensor(1), {.reduction = Reduction::none}, {2}, {0, -1, 0}, 0);
  Tensor lp = f64({-1, -2, -3, -4, -5, -6, -7, -8}, {2, 2, 2});
  Tensor none = nll_loss(lp, tensor({{1, 0}, {0, 1}}), {.reduction = Reduction::none});
  EXPECT_EQ(none.shape(), (Shape{2, 2}));
  expect_close(none, {3, 2, 5, 8});
}

TEST(NllLoss, NeverLooksAtOtherElements) {  // SEMANTICS [11]
  Tensor lp = f64({nan, -1, inf, nan, nan, nan}, {2, 3});
  expect_loss(lp, tensor({1, -100}), {}, {1}, {0, -1, 0, 0, 0, 0}, 0);
  Tensor w = f64({0, 1}, {2});
  expect_loss(f64({-inf, 0, 0, -1}, {2, 2}), tensor({0, 1}), {.weight = w}, {1}, {0, 0, 0, -1}, 0);
}

TEST(NllLoss, OfNothingIsNanInTheMeanAndZeroOtherwise) {  // SEMANTICS [6], [13]
  Tensor lp = f64({-1, -2, -3, -4}, {2, 2}), w = zeros({2}, {.dtype = float64});
  const Numbers zero(4, 0.0);
  for (NLLOptions options : {NLLOptions{.ignore_index = 1}, NLLOptions{.weight = w}}) {
    expect_loss(lp, tensor({1, 1}), options, {nan}, zero, 0);
    options.reduction = Reduction::sum;
    expect_loss(lp, tensor({1, 1}), options, {0}, zero, 0);
    options.reduction = Reduction::none;
    expect_loss(lp, tensor({1, 1}), options, {0, 0}, zero, 0);
  }
  Tensor no_lp = zeros({0, 3}), no_target = zeros({0}, {.dtype = int64});
  expect_loss(no_lp, no_target, {}, {nan}, {});
  expect_loss(no_lp, no_target, {.reduction = Reduction::sum}, {0}, {});
  expect_loss(no_lp, no_target, {.reduction = Reduction::none}, {}, {});
}

TEST(NllLoss, OfTenMillionFloatsKeepsItsDigits) {  // SEMANTICS [14]
  Tensor lp = full({10'000'000, 1}, -0.1f);
  EXPECT_FLOAT_EQ(nll_loss(lp, zeros({10'000'000}, {.dtype = uint8})).item<float>(), 0.1f);
}

}  // namespace
}  // namespace xtape
