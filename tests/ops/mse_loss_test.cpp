#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

const Reduction reductions[] = {Reduction::none, Reduction::sum, Reduction::mean};

TEST(MseLoss, IsTheSquaredDifferenceReduced) {
  Tensor x = leaf({1, 2, 3, 4}, {2, 2}), t = leaf({0, 2, 5, 1}, {2, 2});
  expect_close(mse_loss(x, t, {.reduction = Reduction::none}), {1, 0, 4, 9});
  expect_close(mse_loss(x, t, {.reduction = Reduction::sum}), {14});
  const Tensor mean = mse_loss(x, t);
  expect_close(mean, {3.5});
  expect_close(gradient(mean, x, {1}), {0.5, 0, -1, 1.5});
  expect_close(gradient(mean, t, {1}), {-0.5, 0, 1, -1.5});
}

TEST(MseLoss, AgreesWithCentralDifferences) {
  for (Reduction r : reductions) {
    testing::expect_gradients([r](const Inputs& in) { return mse_loss(in[0], in[1], {.reduction = r}); },
                              {leaf({1, -2, 3, 0.5}, {2, 2}), leaf({0, 2, 5, 1}, {2, 2})});
  }
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

TEST(MseLoss, RefusesToBroadcast) {
  expect_error<ShapeError>([] { mse_loss(ones({4, 1}), ones({4})); },
                           "mse_loss: expected an input and a target of one shape, got (4, 1) and (4)",
                           "squeeze(1) the input?");
  expect_error<ShapeError>([] { mse_loss(ones({4}), ones({4, 1})); }, "(4) and (4, 1)", "reshape one of them?");
  expect_error<ShapeError>([] { mse_loss(ones({4, 3}), ones({3})); }, "(4, 3) and (3)", "nothing is broadcast");
}

TEST(MseLoss, RefusesIntegersAndBatchmean) {
  expect_error<DTypeError>([] { mse_loss(tensor({1}), tensor({1})); },
                           "mse_loss: expected a floating dtype, got int64");
  expect_error<ValueError>([] { mse_loss(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); },
                           "mse_loss: Reduction::batchmean is for kl_div only");
  expect_error<ValueError>([] { mse_loss(ones({1}), Tensor()); }, "mse_loss: the tensor is undefined");
}

}  // namespace
}  // namespace xtape
