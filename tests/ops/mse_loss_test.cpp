#include <cmath>

#include "support/expect.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::leaf;
using testing::special;
using testing::with_each_reduction;

XTAPE_OP_CASES(mse_loss) {
  cases.add(
      "mse_loss", "", {any({4, 3}), any({4, 3})}, "[F.mse_loss(*x, reduction=r) for r in ('none', 'mean', 'sum')]",
      [](Args x) { return with_each_reduction([&x](Reduction r) { return mse_loss(x[0], x[1], {.reduction = r}); }); });
  cases
      .add("mse_loss", "special", {special({400}, 20), special({400})}, "F.mse_loss(*x, reduction='none')",
           [](Args x) { return mse_loss(x[0], x[1], {.reduction = Reduction::none}); })
      .smooth = false;
}

TEST(MseLoss, IsTheSquaredDifferenceReduced) {
  Tensor x = leaf({1, 2, 3, 4}, {2, 2}), t = leaf({0, 2, 5, 1}, {2, 2});
  expect_close(mse_loss(x, t, {.reduction = Reduction::none}), {1, 0, 4, 9});
  expect_close(mse_loss(x, t, {.reduction = Reduction::sum}), {14});
  const Tensor mean = mse_loss(x, t);
  expect_close(mean, {3.5});
  expect_close(gradient(mean, x, {1}), {0.5, 0, -1, 1.5});
  expect_close(gradient(mean, t, {1}), {-0.5, 0, 1, -1.5});
}

TEST(MseLoss, OfNothingIsNanZeroAndEmpty) {
  const Tensor x = zeros({0, 2});
  expect_close(mse_loss(x, x), {NAN});
  expect_close(mse_loss(x, x, {.reduction = Reduction::sum}), {0});
  EXPECT_EQ(mse_loss(x, x, {.reduction = Reduction::none}).shape(), (Shape{0, 2}));
}

TEST(MseLoss, PromotesAsPyTorchDoes) {
  EXPECT_EQ(mse_loss(ones({2}), ones({2}, {.dtype = float64})).dtype(), float64);
  expect_close(mse_loss(ones({2}), tensor({3, 1})), {2});
}

}  // namespace
}  // namespace xtape
