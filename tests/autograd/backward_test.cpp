#include <gtest/gtest.h>

#include "xtape/xtape.hpp"

namespace xtape {
namespace {

TEST(Backward, AddsBothContributionsOfASharedTensor) {
  Tensor x = tensor(3.0, {.dtype = float64, .requires_grad = true});
  Tensor y = x * x;
  Tensor z = y * y + y;
  z.backward();
  EXPECT_EQ(x.grad().item<double>(), 114.0);
}

TEST(Backward, WalksADiamondLadderInLinearTime) {
  Tensor x = tensor(1.0, {.dtype = float64, .requires_grad = true});
  Tensor y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  EXPECT_EQ(x.grad().item<double>(), std::int64_t{1} << 60);
}

TEST(Backward, DoubleBackwardOfExp) {
  Tensor x = tensor({0.5, 2.0}, {.dtype = float64, .requires_grad = true});
  Tensor g = grad({exp(x)}, {x}, {ones_like(x)}, {.create_graph = true})[0];
  Tensor h = grad({g}, {x}, {ones_like(x)})[0];
  EXPECT_TRUE(equal(h, exp(x.detach())));
}

TEST(Backward, AgreesWithCentralDifferences) {
  Tensor x = tensor({{0.5, 2.0, -1.0}, {0.1, 0.2, 0.3}}, {.dtype = float64, .requires_grad = true});
  Tensor w = tensor({1.5, 2.5, 1.25}, {.dtype = float64, .requires_grad = true});
  auto f = [](const std::vector<Tensor>& in) { return log_softmax(exp(in[0]) * in[1] / (in[1] + in[0]), 1); };
  EXPECT_TRUE(autograd::gradcheck(f, {x, w}));
  EXPECT_TRUE(autograd::gradgradcheck(f, {x, w}));
}

TEST(Backward, LeavesNoLiveNode) {
  {
    Tensor x = full({3, 4}, 0.5, {.requires_grad = true});
    Tensor y = log_softmax(x, 1);
    y.sum().backward();
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

}  // namespace
}  // namespace xtape
