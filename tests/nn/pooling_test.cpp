#include "xtape/nn/pooling.hpp"

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

namespace F = nn::functional;
using testing::any;
using testing::Args;

XTAPE_OP_CASES(pooling_layers) {
  cases.add("MaxPool2d", "", {any({1, 2, 6, 6})}, "nn.MaxPool2d(3, 2, 1, 1, ceil_mode=True)(x[0])", [](Args x) {
    return nn::MaxPool2d(3, {.stride = 2, .padding = 1, .dilation = 1, .ceil_mode = true})(x[0]);
  });
  cases.add("AvgPool2d", "", {any({1, 2, 6, 6})}, "nn.AvgPool2d(3, 2, 1, True, False)(x[0])", [](Args x) {
    return nn::AvgPool2d(3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false})(x[0]);
  });
  cases.add("AdaptiveAvgPool2d", "", {any({1, 2, 6, 6})}, "nn.AdaptiveAvgPool2d((1, 4))(x[0])", [](Args x) {
    return nn::AdaptiveAvgPool2d({1, 4})(x[0]);
  });
}

TEST(PoolingLayers, AreTheirOps) {
  const Tensor x = randn({2, 3, 9, 8});
  EXPECT_TRUE(equal(nn::MaxPool2d(2)(x), F::max_pool2d(x, 2)));
  EXPECT_TRUE(equal(nn::MaxPool2d({3, 2})(x), F::max_pool2d(x, {3, 2}, {.stride = {3, 2}})));
  EXPECT_TRUE(equal(nn::AvgPool2d(2)(x), F::avg_pool2d(x, 2)));
  EXPECT_TRUE(equal(nn::AvgPool2d(2, {.divisor_override = 1})(x), F::avg_pool2d(x, 2) * 4));
  EXPECT_TRUE(equal(nn::AdaptiveAvgPool2d(1)(x), F::adaptive_avg_pool2d(x, 1)));
}

TEST(PoolingLayers, FormASequential) {
  const nn::Sequential model{nn::BatchNorm2d(3),  nn::MaxPool2d(2),         nn::AvgPool2d(2),
                             nn::Dropout2d(0.25), nn::AdaptiveAvgPool2d(1), nn::Flatten()};
  EXPECT_EQ(model(randn({2, 3, 12, 12})).shape(), (Shape{2, 3}));
}

TEST(PoolingLayers, RefuseSizesWhenTheyAreMade) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: MaxPool2d: padding is (2, 2), it must be at most half of kernel_size, (3, 3)",
       [] { nn::MaxPool2d(3, {.padding = 2}); }},
      {"ValueError: AvgPool2d: kernel_size is 0, it must be at least 1", [] { nn::AvgPool2d(0); }},
      {"ValueError: AdaptiveAvgPool2d: output_size is -1, it must be at least 0",
       [] { nn::AdaptiveAvgPool2d(-1); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
