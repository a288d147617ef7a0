#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;

struct ConvCase {
  const char* name;
  Shape x, w;
  Conv2dOptions options;
  const char* torch;  // the options
};

XTAPE_OP_CASES(conv2d) {
  const ConvCase list[] = {
      {"", {2, 2, 4, 5}, {3, 2, 3, 3}, {}, ""},
      {"padded", {2, 2, 3, 4}, {2, 2, 3, 3}, {.padding = 1}, "padding=1"},
      {"of one pixel", {1, 2, 1, 1}, {3, 2, 1, 1}, {}, ""},
      {"to one pixel", {2, 2, 3, 2}, {3, 2, 3, 2}, {}, ""},
      {"of a 1x1 kernel", {2, 3, 3, 2}, {2, 3, 1, 1}, {}, ""},
      {"of an even kernel", {1, 2, 5, 4}, {2, 2, 2, 4}, {.padding = {1, 2}}, "padding=(1, 2)"},
      {"of an oblong kernel", {2, 1, 4, 7}, {2, 1, 1, 5}, {.padding = {0, 2}}, "padding=(0, 2)"},
      {"by a stride", {2, 1, 5, 6}, {2, 1, 3, 3}, {.stride = 2}, "stride=2"},
      {"by two strides", {1, 2, 7, 6}, {2, 2, 2, 3}, {.stride = {3, 2}, .padding = {1, 1}}, "stride=(3, 2), padding=1"},
      {"by a stride beyond the kernel", {1, 1, 6, 7}, {2, 1, 1, 2}, {.stride = 3}, "stride=3"},
      {"dilated",
       {1, 2, 6, 5},
       {2, 2, 3, 2},
       {.padding = {1, 0}, .dilation = {2, 3}},
       "padding=(1, 0), dilation=(2, 3)"},
      {"with everything",
       {1, 4, 7, 6},
       {2, 2, 3, 2},
       {.stride = 2, .padding = 1, .dilation = 2, .groups = 2},
       "stride=2, padding=1, dilation=2, groups=2"},
      {"in groups", {2, 4, 3, 3}, {6, 2, 2, 2}, {.groups = 2}, "groups=2"},
      {"of each channel", {2, 3, 4, 4}, {3, 1, 3, 3}, {.padding = 1, .groups = 3}, "padding=1, groups=3"},
      {"of a channel by two filters", {1, 2, 4, 4}, {4, 1, 3, 3}, {.groups = 2}, "groups=2"},
      {"of a kernel larger than the image", {2, 1, 2, 3}, {2, 1, 5, 5}, {.padding = 2}, "padding=2"},
      {"of more padding than image", {1, 1, 1, 2}, {1, 1, 2, 2}, {.padding = 3}, "padding=3"},
      {"of the same size", {1, 2, 4, 3}, {2, 2, 2, 4}, {.padding = "same"}, "padding='same'"},
      {"of the same size, dilated",
       {1, 1, 5, 6},
       {2, 1, 3, 2},
       {.padding = "same", .dilation = {1, 3}},
       "padding='same', dilation=(1, 3)"},
      {"of one image", {2, 4, 3}, {3, 2, 2, 3}, {.padding = 1}, "padding=1"},
      {"of no images", {0, 2, 4, 3}, {3, 2, 2, 3}, {.padding = 1}, "padding=1"},
  };
  for (const ConvCase& c : list) {
    const std::string call = std::string("F.conv2d(*x") + (*c.torch ? ", " : "") + c.torch + ")";
    cases.add("conv2d", c.name, {any(c.x), any(c.w), any({c.w[0]})}, call,
              [options = c.options](Args x) { return conv2d(x[0], x[1], x[2], options); });
    if (c.x.size() == 3 || c.options.groups > 1) {
      cases.add("conv2d", std::string(c.name) + ", without bias", {any(c.x), any(c.w)}, call,
                [options = c.options](Args x) { return conv2d(x[0], x[1], {}, options); });
    }
  }
}

TEST(Conv2d, SumsTheWindowsOfAnImageTimesTheWeight) {
  const Tensor x = arange(9, {.dtype = float32}).reshape({1, 1, 3, 3});
  const Tensor y = conv2d(x, tensor({1.f, 2.f, 3.f, 4.f}).reshape({1, 1, 2, 2}), tensor({100.f}));
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2}));
  expect_close(y, {127, 137, 157, 167});
}

TEST(Conv2d, OfAnImageWithoutABatchIsThatOfABatchOfOne) {
  const Tensor x = randn({3, 6, 7}), w = randn({4, 3, 3, 3}), b = randn({4});
  const Tensor y = conv2d(x, w, b, {.padding = 1});
  EXPECT_EQ(y.shape(), (Shape{4, 6, 7}));
  EXPECT_TRUE(equal(y, conv2d(x.unsqueeze(0), w, b, {.padding = 1})[0]));
}

TEST(Conv2d, WithoutABiasTakesItsOptionsInTheBiasPlace) {
  const Tensor x = randn({2, 3, 5, 5}), w = randn({4, 3, 3, 3}), v = randn({3, 4, 3, 3});
  EXPECT_TRUE(equal(conv2d(x, w, {.stride = 2, .padding = 1}), conv2d(x, w, Tensor(), {.stride = 2, .padding = 1})));
  EXPECT_TRUE(equal(conv_transpose2d(x, v, {.stride = 2}), conv_transpose2d(x, v, Tensor(), {.stride = 2})));
}

TEST(Conv2d, IsOneEntryOnTheTape) {
  const Tensor x = ones({3, 6, 7}, {.requires_grad = true});
  EXPECT_EQ(Tape::of(conv2d(x, ones({4, 3, 3, 3}), ones({4}))).size(), 1u);
}

TEST(Conv2d, GivesOnlyTheGradientsThatAreNeeded) {
  const Tensor x = ones({1, 1, 3, 3}), w = ones({2, 1, 3, 3}), b = ones({2}, {.requires_grad = true});
  conv2d(x, w, b).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
  expect_close(b.grad(), {1, 1});
}

TEST(Conv2d, OfNoImagesHasGradientsOfZero) {  // SEMANTICS [19]
  const Tensor w = ones({2, 1, 3, 3}, {.requires_grad = true}), b = ones({2}, {.requires_grad = true});
  const Tensor y = conv2d(zeros({0, 1, 5, 5}), w, b);
  EXPECT_EQ(y.shape(), (Shape{0, 2, 3, 3}));
  y.sum().backward();
  EXPECT_TRUE(equal(w.grad(), zeros({2, 1, 3, 3})));
  expect_close(b.grad(), {0, 0});
}

TEST(Conv2d, OfNaNIsNaNInTheWindowsThatSeeItAlone) {  // SEMANTICS [67]
  Tensor x = ones({1, 1, 4, 4});
  x[0][0][0] = std::numeric_limits<double>::quiet_NaN();
  const Tensor y = conv2d(x, ones({1, 1, 2, 2}));
  EXPECT_TRUE(std::isnan(y[0][0][0].to_vector<float>()[0]));
  EXPECT_TRUE(equal(y[0][0][1], 4 * ones({3})));
  EXPECT_TRUE(equal(y[0][0][2], 4 * ones({3})));
}

TEST(Conv2d, OfAnInfiniteWeightIsNaNWhereItMeetsPadding) {  // SEMANTICS [67]
  const Tensor w = full({1, 1, 1, 2}, std::numeric_limits<double>::infinity());
  const std::vector<float> y = conv2d(ones({1, 1, 1, 2}), w, {}, {.padding = {0, 1}}).to_vector<float>();
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_TRUE(std::isinf(y[1]));
  EXPECT_TRUE(std::isnan(y[2]));
}

TEST(Conv2d, ThrowsOneClearLine) {
  const Tensor x = ones({2, 1, 4, 4}), w = ones({32, 1, 3, 3});
  // clang-format off
  testing::expect_errors({
      {"ShapeError: conv2d (1 -> 32): expected (N, 1, H, W), got (64, 784); reshape it to (64, 1, 28, 28)?",
       [w] { conv2d(ones({64, 784}), w); }},
      {"ShapeError: conv2d (1 -> 32): expected (N, 1, H, W), got (64, 28, 28); reshape it to (64, 1, 28, 28)?",
       [w] { conv2d(ones({64, 28, 28}), w); }},
      {"ShapeError: conv2d (3 -> 4): expected (N, 3, H, W), got (2, 8, 9, 3); channels come first: permute it by "
       "{0, 3, 1, 2}?", [] { conv2d(ones({2, 8, 9, 3}), ones({4, 3, 3, 3})); }},
      {"ShapeError: conv2d (3 -> 4): expected (N, 3, H, W), got (8, 9, 3); channels come first: permute it by "
       "{2, 0, 1}?", [] { conv2d(ones({8, 9, 3}), ones({4, 3, 3, 3})); }},
      {"ShapeError: conv2d (3 -> 4): expected (N, 3, H, W), got (5)", [] { conv2d(ones({5}), ones({4, 3, 3, 3})); }},
      {"ShapeError: conv2d (3 -> 4): expected (N, 3, H, W), got (2, 10)",
       [] { conv2d(ones({2, 10}), ones({4, 3, 3, 3})); }},
      {"ShapeError: conv2d (4 -> 4): expected (N, 4, H, W), got (1, 3, 5, 5)",
       [] { conv2d(ones({1, 3, 5, 5}), ones({4, 2, 3, 3}), {}, {.groups = 2}); }},
      {"ShapeError: conv2d (1 -> 32): the images (2, 1, 0, 4) have no pixels", [w] { conv2d(ones({2, 1, 0, 4}), w); }},
      {"ShapeError: conv2d: expected weight (out, in / groups, kH, kW), got (32, 9)",
       [x] { conv2d(x, ones({32, 9})); }},
      {"ShapeError: conv2d: the weight (2, 1, 0, 3) has an empty kernel", [x] { conv2d(x, ones({2, 1, 0, 3})); }},
      {"ShapeError: conv2d (1 -> 32): expected bias (32), got (3)", [x, w] { conv2d(x, w, ones({3})); }},
      {"ShapeError: conv2d (1 -> 32): the kernel spans (5, 7), more than the padded image (6, 4)",
       [x, w] { conv2d(x, w, {}, {.padding = {1, 0}, .dilation = {2, 3}}); }},
      {"ValueError: conv2d: stride is 0, it must be at least 1", [x, w] { conv2d(x, w, {}, {.stride = {1, 0}}); }},
      {"ValueError: conv2d: padding is -1, it must be at least 0", [x, w] { conv2d(x, w, {}, {.padding = -1}); }},
      {"ValueError: conv2d: dilation is -2, it must be at least 1", [x, w] { conv2d(x, w, {}, {.dilation = -2}); }},
      {"ValueError: conv2d: padding is 4294967296, it must be at most 65536",
       [x, w] { conv2d(x, w, {}, {.padding = std::int64_t{1} << 32}); }},
      {"ValueError: conv2d: groups is 0, it must be at least 1", [x, w] { conv2d(x, w, {}, {.groups = 0}); }},
      {"ValueError: conv2d: groups = 3 does not divide out_channels = 32", [x, w] { conv2d(x, w, {}, {.groups = 3}); }},
      {"ValueError: conv2d: groups = 9223372036854775807 does not divide out_channels = 0",
       [x] { conv2d(x, ones({0, 1, 3, 3}), {}, {.groups = INT64_MAX}); }},
      {"ValueError: conv2d: padding \"same\" needs a stride of 1, got (2, 1)",
       [x, w] { conv2d(x, w, {}, {.stride = {2, 1}, .padding = "same"}); }},
      {"ValueError: padding: expected a number, {height, width}, \"same\" or \"valid\", got \"full\"",
       [x, w] { conv2d(x, w, {}, {.padding = "full"}); }},
      {"ShapeError: conv2d (3 -> 8): expected (N, 3, H, W), got (4, 1, 5, 6); grey images: expand them to (4, 3, 5, 6)?",
       [] { conv2d(ones({4, 1, 5, 6}), ones({8, 3, 3, 3})); }},
      {"DTypeError: conv2d: expected a floating dtype, got uint8; convert it with .to(float32), images with .to(float32) / 255",
       [w] { conv2d(ones({2, 1, 4, 4}, {.dtype = uint8}), w); }},
      {"DTypeError: conv2d: the weight is float32, the input float64; convert one with .to",
       [x, w] { conv2d(x.to(float64), w); }},
      {"DTypeError: conv2d: the weight is float32, the bias float64; convert one with .to",
       [x, w] { conv2d(x, w, ones({32}, {.dtype = float64})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
