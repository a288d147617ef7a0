#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
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

TEST(MseLoss, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: mse_loss: expected an input and a target of the same shape, got (4, 1) and (4); squeeze(1) the "
       "input, or unsqueeze(1) the target?",
       [] { mse_loss(zeros({4, 1}), zeros({4})); }},
      {"DTypeError: mse_loss: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { mse_loss(tensor({1}), tensor({2})); }},
      {"ShapeError: mse_loss: expected an input and a target of the same shape, got (4) and (4, 1); reshape one of "
       "them?",
       [] { mse_loss(ones({4}), ones({4, 1})); }},
      {"ShapeError: mse_loss: expected an input and a target of the same shape, got (4, 3) and (3); nothing is "
       "broadcast",
       [] { mse_loss(ones({4, 3}), ones({3})); }},
      {"ValueError: mse_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { mse_loss(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
      {"ValueError: mse_loss: the tensor is undefined; has backward run?", [] { mse_loss(ones({1}), Tensor()); }},
      {"ValueError: mse_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { mse_loss_parts(ones({2, 3}), ones({2, 3}), {.reduction = Reduction::batchmean}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
