#include <gtest/gtest.h>

#include "ops/convolution.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;

/// Images (2, 4, 6, 5), two groups, 3 x 2 kernels, stride (2, 1), padding 1.
Tensor weight_gradient_in_groups(Args x) {
  return detail::convolve_weight({{2, 4, 6, 2, {6, 3, 3, 2, 1, 1}, {5, 6, 2, 1, 1, 1}}, true}, x[0], x[1]);
}

XTAPE_OP_CASES(conv2d_weight) {
  cases.add("conv2d_weight", "", {any({2, 4, 6, 5}), any({2, 6, 3, 6})},
            "torch.nn.grad.conv2d_weight(x[0], (6, 2, 3, 2), x[1], stride=(2, 1), padding=1, groups=2)",
            weight_gradient_in_groups);
}

TEST(Conv2dWeight, IsOnATapeOnlyInGradientsOfGradients) {
  const Tensor x = randn({1, 2, 4, 4}, {.requires_grad = true}), w = randn({3, 2, 3, 3}, {.requires_grad = true});
  const Tensor y = conv2d(x, w);
  EXPECT_EQ(Tape::of(y).size(), 1u);
  const Tensor dw = grad({y.sum()}, {w}, {.create_graph = true})[0];
  const Tape tape = Tape::of(dw);
  bool found = false;
  for (const auto& entry : tape.entries()) found |= std::string_view(entry.op) == "conv2d_weight";
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace xtape
