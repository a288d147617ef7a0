#include <gtest/gtest.h>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;

struct TransposedCase {
  const char* name;
  Shape x, w;
  ConvTranspose2dOptions options;
  const char* torch;  // the options
};

XTAPE_OP_CASES(conv_transpose2d) {
  const TransposedCase list[] = {
      {"", {2, 2, 3, 2}, {2, 3, 3, 2}, {}, ""},
      {"padded", {1, 2, 3, 4}, {2, 2, 3, 3}, {.padding = {1, 2}}, "padding=(1, 2)"},
      {"of more padding than the kernel", {1, 1, 6, 5}, {1, 2, 2, 1}, {.padding = {2, 1}}, "padding=(2, 1)"},
      {"by a stride", {2, 2, 2, 3}, {2, 1, 3, 3}, {.stride = 2}, "stride=2"},
      {"by a stride to an even size",
       {1, 2, 3, 2},
       {2, 2, 3, 3},
       {.stride = 2, .padding = 1, .output_padding = 1},
       "stride=2, padding=1, output_padding=1"},
      {"by a stride beyond the kernel", {1, 2, 2, 3}, {2, 2, 1, 2}, {.stride = {3, 4}}, "stride=(3, 4)"},
      {"dilated",
       {1, 2, 2, 3},
       {2, 2, 2, 3},
       {.output_padding = {1, 0}, .dilation = {2, 3}},
       "dilation=(2, 3), output_padding=(1, 0)"},
      {"in groups", {1, 4, 2, 2}, {4, 3, 2, 2}, {.stride = 2, .groups = 2}, "stride=2, groups=2"},
      {"of each channel", {2, 3, 3, 2}, {3, 1, 3, 3}, {.padding = 1, .groups = 3}, "padding=1, groups=3"},
      {"of one image", {2, 3, 2}, {2, 3, 2, 2}, {.stride = {2, 1}}, "stride=(2, 1)"},
      {"of no images", {0, 2, 3, 2}, {2, 3, 2, 2}, {}, ""},
  };
  for (const TransposedCase& c : list) {
    const std::string call = std::string("F.conv_transpose2d(*x") + (*c.torch ? ", " : "") + c.torch + ")";
    const auto run = [options = c.options](Args x) {
      return conv_transpose2d(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), options);
    };
    cases.add("conv_transpose2d", c.name, {any(c.x), any(c.w), any({c.w[1] * c.options.groups})}, call, run);
    if (c.x.size() == 3) {
      cases.add("conv_transpose2d", std::string(c.name) + ", without bias", {any(c.x), any(c.w)}, call, run);
    }
  }
}

TEST(ConvTranspose2d, AddsTheWeightWhereverAnElementStands) {
  const Tensor y = conv_transpose2d(tensor({1.f, 10.f}).reshape({1, 1, 1, 2}),
                                    tensor({1.f, 2.f, 3.f}).reshape({1, 1, 1, 3}), tensor({0.5f}), {.stride = {1, 2}});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 1, 5}));
  expect_close(y, {1.5, 2.5, 13.5, 20.5, 30.5});
}

TEST(ConvTranspose2d, IsTheGradientOfConv2d) {
  const Tensor x = randn({2, 3, 7, 6}, {.requires_grad = true}), w = randn({4, 3, 3, 2});
  const Tensor y = conv2d(x, w, {}, {.stride = 2, .padding = 1}), gy = randn(y.shape());
  y.backward(gy);
  const Tensor dx = conv_transpose2d(gy, w, {}, {.stride = 2, .padding = 1, .output_padding = {0, 0}});
  EXPECT_TRUE(equal(dx, x.grad()));
}

TEST(ConvTranspose2d, ThrowsOneClearLine) {
  const Tensor x = ones({2, 3, 4, 4}), w = ones({3, 2, 3, 3});
  // clang-format off
  testing::expect_errors({
      {"ShapeError: conv_transpose2d (3 -> 2): expected (N, 3, H, W), got (2, 2, 4, 4)",
       [w] { conv_transpose2d(ones({2, 2, 4, 4}), w); }},
      {"ShapeError: conv_transpose2d: expected weight (in, out / groups, kH, kW), got (3)",
       [x] { conv_transpose2d(x, ones({3})); }},
      {"ShapeError: conv_transpose2d (3 -> 2): expected bias (2), got (3)",
       [x, w] { conv_transpose2d(x, w, ones({3})); }},
      {"ShapeError: conv_transpose2d (3 -> 2): the padding (1, 3) leaves an image of (4, 0)",
       [x, w] { conv_transpose2d(x, w, {}, {.padding = {1, 3}}); }},
      {"ValueError: conv_transpose2d: output_padding is 2, it must be less than the stride 2 or the dilation 1",
       [x, w] { conv_transpose2d(x, w, {}, {.stride = {3, 2}, .output_padding = 2}); }},
      {"ValueError: conv_transpose2d: output_padding is -1, it must be at least 0",
       [x, w] { conv_transpose2d(x, w, {}, {.output_padding = -1}); }},
      {"ValueError: conv_transpose2d: groups = 2 does not divide in_channels = 3",
       [x, w] { conv_transpose2d(x, w, {}, {.groups = 2}); }},
      {"DTypeError: conv_transpose2d: the weight is float32, the input float64; convert one with .to",
       [x, w] { conv_transpose2d(x.to(float64), w); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
