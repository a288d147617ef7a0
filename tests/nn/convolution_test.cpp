#include <gtest/gtest.h>

#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::with_parameters;

XTAPE_OP_CASES(convolution_layers) {
  cases.add("Conv2d", "", {any({2, 4, 5, 4}), any({2, 2, 3, 2}), any({2})},
            "F.conv2d(*x, stride=2, padding=(1, 0), dilation=(1, 2), groups=2)", [](Args x) {
              const nn::Conv2d layer(4, 2, {3, 2},
                                     {.stride = 2, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2, .bias = true});
              return with_parameters(layer, x[1], x[2])(x[0]);
            });
  cases.add("ConvTranspose2d", "", {any({1, 4, 3, 2}), any({4, 1, 2, 3}), any({2})},
            "F.conv_transpose2d(*x, stride=(2, 3), padding=1, output_padding=(0, 1), groups=2)", [](Args x) {
              const nn::ConvTranspose2d layer(4, 2, {2, 3},
                                              {.stride = {2, 3}, .padding = 1, .output_padding = {0, 1}, .groups = 2});
              return with_parameters(layer, x[1], x[2])(x[0]);
            });
}

TEST(ConvolutionLayers, HavePyTorchsParameters) {
  const nn::Conv2d conv(4, 6, {3, 5}, {.groups = 2});
  const auto named = conv.named_parameters();
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].name, "weight");
  EXPECT_EQ(named[0].tensor.shape(), (Shape{6, 2, 3, 5}));
  EXPECT_EQ(named[1].name, "bias");
  EXPECT_EQ(named[1].tensor.shape(), (Shape{6}));
  EXPECT_EQ(nn::ConvTranspose2d(4, 6, 3, {.groups = 2}).weight.shape(), (Shape{4, 3, 3, 3}));
  EXPECT_FALSE(nn::Conv2d(1, 1, 1, {.bias = false}).bias.defined());
}

/// Expects numbers that fill (-bound, bound) evenly.
void expect_uniform(const Tensor& t, double bound) {
  const double largest = t.abs().max().item<float>(), mean_square = (t * t).mean().item<float>();
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.97 * bound);
  EXPECT_NEAR(mean_square, bound * bound / 3, 0.1 * bound * bound);
}

TEST(ConvolutionLayers, StartWithPyTorchsDistributions) {
  manual_seed(3);
  const nn::Conv2d conv(32, 256, 3, {.groups = 2});
  expect_uniform(conv.weight, 1 / std::sqrt(16.0 * 9));
  expect_uniform(conv.bias, 1 / std::sqrt(16.0 * 9));
  const nn::ConvTranspose2d transposed(16, 256, 3);  // fan_in counts the weight's second dim
  expect_uniform(transposed.weight, 1 / std::sqrt(256.0 * 9));
  expect_uniform(transposed.bias, 1 / std::sqrt(256.0 * 9));
}

TEST(ConvolutionLayers, OfNoChannelsGiveTheBias) {
  const nn::Conv2d conv(0, 2, 3);
  EXPECT_TRUE(equal(conv(zeros({1, 0, 4, 4})).detach(), zeros({1, 2, 2, 2})));
}

TEST(ConvolutionLayers, NameTheLayerInAnError) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: conv2d \"0\" (1 -> 32): expected (N, 1, H, W), got (64, 784); reshape it to (64, 1, 28, 28)?",
       [] { nn::Sequential{nn::Conv2d(1, 32, 3)}(ones({64, 784})); }},
      {"ValueError: Conv2d: in_channels is -1, it must not be negative", [] { nn::Conv2d(-1, 2, 3); }},
      {"ValueError: Conv2d: groups = 2 does not divide in_channels = 3", [] { nn::Conv2d(3, 4, 3, {.groups = 2}); }},
      {"ValueError: Conv2d: groups = 2 does not divide out_channels = 3", [] { nn::Conv2d(4, 3, 3, {.groups = 2}); }},
      {"ValueError: Conv2d: groups is 0, it must be at least 1", [] { nn::Conv2d(4, 3, 3, {.groups = 0}); }},
      {"ValueError: Conv2d: kernel_size is 0, it must be at least 1", [] { nn::Conv2d(4, 3, {3, 0}); }},
      {"ValueError: Conv2d: stride is -1, it must be at least 1", [] { nn::Conv2d(4, 3, 3, {.stride = -1}); }},
      {"ValueError: Conv2d: padding is -1, it must be at least 0", [] { nn::Conv2d(4, 3, 3, {.padding = -1}); }},
      {"ValueError: Conv2d: padding \"same\" needs a stride of 1, got (2, 2)",
       [] { nn::Conv2d(4, 3, 3, {.stride = 2, .padding = "same"}); }},
      {"ValueError: ConvTranspose2d: output_padding is -1, it must be at least 0",
       [] { nn::ConvTranspose2d(4, 3, 3, {.output_padding = -1}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
