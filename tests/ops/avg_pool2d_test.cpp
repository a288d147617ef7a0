// avg_pool2d and adaptive_avg_pool2d.
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

std::string in_python(Size2d size) {
  return "(" + std::to_string(size.height) + ", " + std::to_string(size.width) + ")";
}

std::string in_python(Size2d kernel, const AvgPool2dOptions& o) {
  const auto truth = [](bool b) { return b ? ", True" : ", False"; };
  return in_python(kernel) + ", " + (o.stride == kernel_stride ? "None" : in_python(o.stride)) + ", " +
         in_python(o.padding) + truth(o.ceil_mode) + truth(o.count_include_pad) + ", " +
         (o.divisor_override == 0 ? "None" : std::to_string(o.divisor_override));
}

XTAPE_OP_CASES(avg_pool2d) {
  const auto add = [&cases](Size2d kernel, const AvgPool2dOptions& options) {
    const std::string arguments = in_python(kernel, options);
    cases.add("avg_pool2d", "by " + arguments, {any({2, 1, 6, 5})}, "F.avg_pool2d(x[0], " + arguments + ")",
              [kernel, options](Args x) { return avg_pool2d(x[0], kernel, options); });
  };
  for (Size2d kernel : {Size2d(2), Size2d(3), Size2d(3, 2)}) {
    for (Size2d stride : {kernel_stride, Size2d(1), Size2d(2, 3)}) {
      add(kernel, {.stride = stride});
      for (bool ceil_mode : {false, true}) {
        for (bool counts : {false, true}) {
          add(kernel, {.stride = stride, .padding = 1, .ceil_mode = ceil_mode, .count_include_pad = counts});
        }
      }
    }
  }
  add({1, 4}, {.stride = 4, .padding = {0, 2}, .ceil_mode = true, .divisor_override = 3});
  add(2, {.divisor_override = -2});
  cases.add("avg_pool2d", "of one image", {any({2, 5, 9})}, "F.avg_pool2d(x[0], 3, 2, 1)",
            [](Args x) { return avg_pool2d(x[0], 3, {.stride = 2, .padding = 1}); });
  cases.add("avg_pool2d", "of no images", {any({0, 2, 4, 4})}, "F.avg_pool2d(x[0], 2)",
            [](Args x) { return avg_pool2d(x[0], 2); });
}

XTAPE_OP_CASES(adaptive_avg_pool2d) {
  for (Size2d size : {Size2d(1), Size2d(2), Size2d(3, 2), Size2d(6, 5), Size2d(9, 7), Size2d(1, 4)}) {
    const std::string argument = in_python(size);
    cases.add("adaptive_avg_pool2d", "to " + argument, {any({2, 1, 6, 5})},
              "F.adaptive_avg_pool2d(x[0], " + argument + ")",
              [size](Args x) { return adaptive_avg_pool2d(x[0], size); });
  }
  cases.add("adaptive_avg_pool2d", "of one image", {any({2, 5, 9})}, "F.adaptive_avg_pool2d(x[0], 4)",
            [](Args x) { return adaptive_avg_pool2d(x[0], 4); });
  cases.add("adaptive_avg_pool2d", "of no images", {any({0, 2, 4, 4})}, "F.adaptive_avg_pool2d(x[0], 2)",
            [](Args x) { return adaptive_avg_pool2d(x[0], 2); });
}

TEST(AvgPool2d, IsTheMeanOfEachWindow) {
  const Tensor x = arange(16, {.dtype = float32}).reshape({1, 4, 4});
  expect_close(avg_pool2d(x, 2), {2.5, 4.5, 10.5, 12.5});
}

TEST(AvgPool2d, CountsThePaddingUnlessToldOtherwise) {
  const Tensor x = ones({1, 2, 2});
  expect_close(avg_pool2d(x, 2, {.padding = 1}), {0.25, 0.25, 0.25, 0.25});
  expect_close(avg_pool2d(x, 2, {.padding = 1, .count_include_pad = false}), {1, 1, 1, 1});
}

TEST(AvgPool2d, CountsNothingBeyondThePaddedImage) {  // SEMANTICS [76]
  const AvgPool2dOptions options = {.stride = 3, .padding = 1, .ceil_mode = true};
  expect_close(avg_pool2d(ones({1, 5, 5}), 3, options), {4. / 9, 2. / 3, 2. / 3, 1}, 1e-6);
}

TEST(AvgPool2d, RoundsOnceInFloat32) {
  const Tensor x = tensor(std::vector<float>{1e8f, 1, -1e8f, 1}, {1, 2, 2});
  expect_close(avg_pool2d(x, 2), {0.5});
  expect_close(adaptive_avg_pool2d(x, 1), {0.5});
}

TEST(AvgPool2d, SharesAGradientAmongAWindow) {
  const Tensor x = leaf({1, 2, 3, 4, 5, 6}, {1, 2, 3});
  expect_close(gradient(avg_pool2d(x, 2, {.stride = 1}), x, {4, 8}), {1, 3, 2, 1, 3, 2});
}

TEST(AdaptiveAvgPool2d, OfSizeOneIsTheMeanOfEachChannel) {
  const Tensor x = arange(24, {.dtype = float32}).reshape({2, 3, 2, 2});
  const Tensor y = adaptive_avg_pool2d(x, 1);
  EXPECT_EQ(y.shape(), (Shape{2, 3, 1, 1}));
  expect_close(y, {1.5, 5.5, 9.5, 13.5, 17.5, 21.5});
}

TEST(AdaptiveAvgPool2d, RepeatsWhatIsSmallerThanTheOutput) {  // SEMANTICS [76]
  expect_close(adaptive_avg_pool2d(arange(3, {.dtype = float32}).reshape({1, 1, 3}), {1, 5}), {0, 0.5, 1, 1.5, 2});
}

TEST(AdaptiveAvgPool2d, OfSizeZeroIsEmptyAndHasNoGradient) {
  const Tensor x = leaf({1, 2}, {1, 1, 2});
  const Tensor y = adaptive_avg_pool2d(x, {0, 2});
  EXPECT_EQ(y.shape(), (Shape{1, 0, 2}));
  expect_close(gradient(y, x, {}), {0, 0});
}

TEST(AvgPool2d, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: avg_pool2d: expected (N, C, H, W) or (C, H, W), got (4)", [] { avg_pool2d(ones({4}), 2); }},
      {"ShapeError: avg_pool2d: a window extends over (3, 1), more than the padded image, (2, 2); the input is (1, 2, 2)",
       [] { avg_pool2d(ones({1, 2, 2}), {3, 1}); }},
      {"ValueError: avg_pool2d: padding is (1, 1), it must be at most half of kernel_size, (1, 1)",
       [] { avg_pool2d(ones({1, 2, 2}), 1, {.padding = 1}); }},
      {"ValueError: avg_pool2d: stride is 2147483648, it must be at most 2147483647",
       [] { avg_pool2d(ones({1, 2, 2}), 1, {.stride = std::int64_t{1} << 31}); }},
      {"DTypeError: avg_pool2d: expected a floating dtype, got uint8; convert it with .to(float32), images with .to(float32) / 255",
       [] { avg_pool2d(ones({1, 2, 2}, {.dtype = uint8}), 1); }},
      {"ShapeError: adaptive_avg_pool2d: expected images with elements, got (1, 1, 0, 5)",
       [] { adaptive_avg_pool2d(ones({1, 1, 0, 5}), 2); }},
      {"ValueError: adaptive_avg_pool2d: output_size is -1, it must be at least 0",
       [] { adaptive_avg_pool2d(ones({1, 1, 5, 5}), {-1, 2}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
