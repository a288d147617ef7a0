#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::leaf;
using testing::nan;
using testing::Tensors;

std::string python(Size2d size) { return "(" + std::to_string(size.height) + ", " + std::to_string(size.width) + ")"; }

struct MaxPoolCase {
  Size2d kernel;
  MaxPool2dOptions options = {};

  std::string python_arguments() const {
    const auto& [stride, padding, dilation, ceil_mode] = options;
    return python(kernel) + ", " + (stride == kernel_stride ? "None" : python(stride)) + ", " + python(padding) + ", " +
           python(dilation) + ", " + (ceil_mode ? "True" : "False");
  }
};

/// The product of the options, as far as PyTorch takes it.
std::vector<MaxPoolCase> max_pool_cases() {
  std::vector<MaxPoolCase> cases;
  for (Size2d kernel : {Size2d(1), Size2d(2), Size2d(3), Size2d(3, 2)}) {
    for (Size2d stride : {kernel_stride, Size2d(1), Size2d(2), Size2d(1, 3)}) {
      for (Size2d padding : {Size2d(0), Size2d(1), Size2d(1, 0)}) {
        for (Size2d dilation : {Size2d(1), Size2d(2, 1)}) {
          const bool ceil_mode = (cases.size() * 7 / 3) % 2 == 1;
          if (2 * padding.height > kernel.height || 2 * padding.width > kernel.width) continue;
          if (kernel == Size2d(1) && (dilation != Size2d(1) || stride == kernel_stride)) continue;
          cases.push_back({kernel, {stride, padding, dilation, ceil_mode}});
        }
      }
    }
  }
  return cases;
}

XTAPE_OP_CASES(max_pool2d) {
  for (const MaxPoolCase& c : max_pool_cases()) {
    const std::string arguments = c.python_arguments();
    const auto pool = [c](Args x) { return max_pool2d(x[0], c.kernel, c.options); };
    cases.add("max_pool2d", "by " + arguments, {any({2, 1, 6, 5})}, "F.max_pool2d(x[0], " + arguments + ")", pool);
  }
  cases.add("max_pool2d", "of one image", {any({2, 5, 9})}, "F.max_pool2d(x[0], 3, 2, 1)",
            [](Args x) { return max_pool2d(x[0], 3, {.stride = 2, .padding = 1}); });
  cases.add("max_pool2d", "of no images", {any({0, 2, 4, 4})}, "F.max_pool2d(x[0], 2)",
            [](Args x) { return max_pool2d(x[0], 2); });
  cases.add("max_pool2d", "of one pixel", {any({2, 3, 1, 1})}, "F.max_pool2d(x[0], 1)",
            [](Args x) { return max_pool2d(x[0], 1); });
  cases.add("max_pool2d", "of wide rows", {any({1, 2, 4, 39})}, "F.max_pool2d(x[0], 2)",
            [](Args x) { return max_pool2d(x[0], 2); });
  cases.add("max_pool2d", "of more than 256 elements", {any({1, 18, 17})}, "F.max_pool2d(x[0], 17, 1)",
            [](Args x) { return max_pool2d(x[0], 17, {.stride = 1}); });
  const std::vector<double> hard = {1,   1, 1,   1,    nan,  2,    nan, 3,  //
                                    1,   1, 0,   nan,  5,    nan,  1,   2,  //
                                    inf, 1, inf, -inf, -inf, -inf, 0,   0,  //
                                    0,   2, 2,   0,    -inf, -inf, -1,  0};
  cases
      .add("max_pool2d", "ties, NaN and infinities", {given({1, 4, 8}, hard)},
           "[F.max_pool2d(x[0], 2), F.max_pool2d(x[0], 3, 1, 1)]",
           [](Args x) {
             return Tensors{max_pool2d(x[0], 2), max_pool2d(x[0], 3, {.stride = 1, .padding = 1})};
           })
      .smooth = false;
}

TEST(MaxPool2d, IsTheLargestElementOfEachWindow) {
  const Tensor x = arange(16, {.dtype = float32}).reshape({1, 4, 4});
  const Tensor y = max_pool2d(x, 2);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2}));
  expect_close(y, {5, 7, 13, 15});
}

TEST(MaxPool2d, GivesTheGradientOfEqualElementsToTheFirst) {  // SEMANTICS [75]
  const Tensor x = leaf({2, 2, 1, 3, 2, 2, 3, 3}, {1, 2, 4});
  expect_close(gradient(max_pool2d(x, 2), x, {5, 7}), {5, 0, 0, 7, 0, 0, 0, 0});
}

TEST(MaxPool2d, GivesTheGradientOfNaNToTheLastOfThem) {  // SEMANTICS [75]
  const Tensor x = leaf({nan, 9, nan, 0}, {1, 2, 2});
  const Tensor y = max_pool2d(x, 2);
  expect_close(y, {nan});
  expect_close(gradient(y, x, {1}), {0, 0, 1, 0});
}

TEST(MaxPool2d, OfInfinitiesBelowZeroIsOneOfThem) {  // SEMANTICS [75]
  const Tensor x = leaf({-inf, -inf, -inf, -inf}, {1, 2, 2});
  const Tensor y = max_pool2d(x, 2, {.stride = 2, .padding = 1});
  expect_close(y, {-inf, -inf, -inf, -inf});
  expect_close(gradient(y, x, {1, 2, 3, 4}), {1, 2, 3, 4});
}

TEST(MaxPool2d, AddsTheGradientsOfOverlappingWindows) {
  const Tensor x = leaf({0, 1, 0, 0, 9, 0, 0, 1, 0}, {1, 3, 3});
  expect_close(gradient(max_pool2d(x, 2, {.stride = 1}), x, {1, 2, 3, 4}), {0, 0, 0, 0, 10, 0, 0, 0, 0});
}

TEST(MaxPool2d, LeavesOutAWindowThatWouldBeginInTheRightPadding) {  // SEMANTICS [75]
  EXPECT_EQ(max_pool2d(ones({1, 5, 5}), 2, {.padding = 1, .ceil_mode = true}).shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(max_pool2d(ones({1, 5, 5}), 2, {.ceil_mode = true}).shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(max_pool2d(ones({1, 5, 5}), 2).shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(max_pool2d(ones({1, 2, 2}), 3, {.stride = 2, .ceil_mode = true}).shape(), (Shape{1, 1, 1}));
}

TEST(MaxPool2d, IsOneEntryOnTheTapeAndNoneInEvaluation) {
  const Tensor x = randn({2, 3, 8, 8}, {.requires_grad = true});
  const Tensor y = max_pool2d(x, 2);
  const Tape tape = Tape::of(y);
  ASSERT_EQ(tape.size(), 1u);
  EXPECT_EQ(tape.entries()[0].op, "max_pool2d");
  const NoGradGuard no_grad;
  EXPECT_EQ(Tape::of(max_pool2d(x, 2)).size(), 0u);
}

TEST(MaxPool2d, IsTheSameWithAndWithoutAGradient) {
  const Tensor x = randn({3, 2, 19, 23});
  for (Size2d kernel : {Size2d(2), Size2d(3), Size2d(5, 2)}) {
    for (std::int64_t stride : {1, 2, 3}) {
      const Tensor y = max_pool2d(x, kernel, {.stride = stride});
      EXPECT_TRUE(equal(max_pool2d(x.clone().requires_grad_(), kernel, {.stride = stride}).detach(), y));
    }
  }
}

TEST(MaxPool2d, TakesKernelsFarLargerThanTheImageInCeilMode) {
  const std::int64_t huge = std::int64_t{1} << 30;
  const Tensor x = leaf({1, 4, 3, 2}, {1, 2, 2});
  const Tensor y = max_pool2d(x, huge, {.ceil_mode = true});
  expect_close(y, {4});
  expect_close(gradient(y, x, {1}), {0, 1, 0, 0});
}

TEST(MaxPool2d, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: max_pool2d: expected (N, C, H, W) or (C, H, W), got (64, 784); reshape it first?",
       [] { max_pool2d(ones({64, 784}), 2); }},
      {"ShapeError: max_pool2d: expected (N, C, H, W) or (C, H, W), got (1, 1, 1, 2, 2)",
       [] { max_pool2d(ones({1, 1, 1, 2, 2}), 2); }},
      {"ShapeError: max_pool2d: expected images with elements, got (2, 0, 4, 4)",
       [] { max_pool2d(ones({2, 0, 4, 4}), 2); }},
      {"ShapeError: max_pool2d: expected images with elements, got (0, 4, 4)",
       [] { max_pool2d(ones({0, 4, 4}), 2); }},
      {"ShapeError: max_pool2d: a window extends over (5, 5), more than the padded image, (4, 4); the input is (1, 1, 2, 2)",
       [] { max_pool2d(ones({1, 1, 2, 2}), 3, {.padding = 1, .dilation = 2}); }},
      {"ShapeError: max_pool2d: a window with dilation (3, 3) holds no element of the image; the input is (1, 1, 1)",
       [] { max_pool2d(ones({1, 1, 1}), 2, {.padding = 1, .dilation = 3, .ceil_mode = true}); }},
      {"ValueError: max_pool2d: kernel_size is 0, it must be at least 1",
       [] { max_pool2d(ones({1, 2, 2}), {0, 2}); }},
      {"ValueError: max_pool2d: stride is 0, it must be at least 1",
       [] { max_pool2d(ones({1, 2, 2}), 2, {.stride = 0}); }},
      {"ValueError: max_pool2d: padding is -1, it must be at least 0",
       [] { max_pool2d(ones({1, 2, 2}), 2, {.padding = -1}); }},
      {"ValueError: max_pool2d: dilation is 0, it must be at least 1",
       [] { max_pool2d(ones({1, 2, 2}), 2, {.dilation = {1, 0}}); }},
      {"ValueError: max_pool2d: padding is (2, 1), it must be at most half of kernel_size, (3, 3)",
       [] { max_pool2d(ones({1, 2, 2}), 3, {.padding = {2, 1}}); }},
      {"ValueError: max_pool2d: windows of 900060001 elements, it takes at most 16777216",
       [] { max_pool2d(ones({1, 1, 1}), 60000, {.padding = 30000}); }},
      {"DTypeError: max_pool2d: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { max_pool2d(ones({1, 2, 2}, {.dtype = int64}), 2); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
