#include "xtape/nn/loss.hpp"

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

namespace F = nn::functional;
using testing::expect_close;

const Tensor logits = tensor({{1., 2., 3.}, {4., 5., 6.}}, {.dtype = float64});
const Tensor target = tensor({1, 0});

TEST(CrossEntropyLossModule, IsCrossEntropyWithItsOptions) {
  expect_close(nn::CrossEntropyLoss()(logits, target), {1.9076059644443806}, 1e-15);
  Tensor w = tensor({0.2, 0.3, 0.5}, {.dtype = float64});
  nn::CrossEntropyLoss criterion({.weight = w, .reduction = Reduction::sum, .label_smoothing = 0.1});
  EXPECT_TRUE(equal(criterion(logits, target), F::cross_entropy(logits, target, {.weight = w,
                                                                                 .reduction = Reduction::sum,
                                                                                 .label_smoothing = 0.1})));
}

TEST(CrossEntropyLossModule, EqualsLogSoftmaxAndNLLLoss) {
  Tensor lp = nn::LogSoftmax(1)(logits);
  expect_close(nn::NLLLoss()(lp, target), {1.9076059644443806}, 1e-15);
}

TEST(CrossEntropyLossModule, ItsWeightIsABuffer) {
  nn::CrossEntropyLoss criterion({.weight = tensor({1., 2., 3.})});
  EXPECT_TRUE(criterion.state_dict().contains("weight"));
  EXPECT_TRUE(criterion.parameters().empty());
  criterion.to(float64);
  EXPECT_EQ(criterion(logits, target).dtype(), float64);
}

TEST(CrossEntropyLossModule, AWeightSetByElementCounts) {
  Tensor w = ones({3}, {.dtype = float64});
  w[1] = 3.0;
  nn::CrossEntropyLoss criterion({.weight = w});
  expect_close(criterion(logits, target), {(3 * 1.4076059644443806 + 2.4076059644443806) / 4}, 1e-12);
}

TEST(CrossEntropyLossModule, AClonesWeightIsItsOwn) {
  nn::CrossEntropyLoss criterion({.weight = tensor({1., 2., 3.})});
  nn::CrossEntropyLoss copy = clone(criterion);
  criterion.weight.fill_(0);
  expect_close(copy.weight, {1, 2, 3});
}

}  // namespace
}  // namespace xtape
