#include <cstdint>
#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::integers;
using testing::leaf;
using testing::Tensors;
using testing::truths;

XTAPE_OP_CASES(sum) {
  cases.add_reduction("sum", "torch.sum", sum);
  cases.add("sum", "integers", {integers({2, 3}, 9), truths({2, 3})},
            "[x[0].sum(), x[0].sum(0), x[0].to(torch.int32).sum(1), x[1].sum(), x[0].to(torch.uint8).sum(1)]",
            [](Args x) {
              return Tensors{x[0].sum(), x[0].sum(0), x[0].to(int32).sum(1), x[1].sum(), x[0].to(uint8).sum(1)};
            });
}

Tensor counting(const Shape& shape) { return arange(shape.numel()).reshape(shape); }

TEST(Sum, AddsUpEverything) {
  const Tensor y = sum(tensor({{1.5f, 2.0f}, {3.0f, 4.0f}}));
  EXPECT_EQ(y.shape(), Shape{});
  expect_close(y, {10.5});
}

TEST(Sum, AddsUpAlongADim) {
  const Tensor x = counting({2, 3});
  expect_close(x.sum(0), {3, 5, 7});
  expect_close(x.sum(1), {3, 12});
  expect_close(x.sum(-1), {3, 12});
  EXPECT_EQ(x.sum(1).shape(), (Shape{2}));
  EXPECT_EQ(x.sum(1, true).shape(), (Shape{2, 1}));
}

TEST(Sum, AddsUpAlongSeveralDims) {
  const Tensor x = counting({2, 3, 2});
  expect_close(x.sum({0, 1}), {30, 36});
  expect_close(x.sum({1, 2}), {15, 51});
  expect_close(x.sum({0, 2}), {14, 22, 30});  // dims that are not adjacent
  expect_close(x.sum({-1, 0}), {14, 22, 30});
  EXPECT_EQ(x.sum({0, 2}, true).shape(), (Shape{1, 3, 1}));
}

TEST(Sum, OverDimsThatAreNotAdjacentIsRoundedOnce) {
  const Tensor x = tensor({1e8f, 1.f, 5.f, 5.f, -1e8f, 1.f, 5.f, 6.f}).reshape({2, 2, 1, 2});
  const Tensor y = sum(x, {0, 2, 3});
  EXPECT_EQ(y.shape(), Shape({2}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{2, 21}));
  EXPECT_EQ(sum(x, {0, 3}, true).shape(), Shape({1, 2, 1, 1}));
  EXPECT_EQ(sum(x, {0, 3}, true).to_vector<float>(), (std::vector<float>{2, 21}));
  EXPECT_EQ(sum(ones({3, 0, 2, 4, 1}), {0, 3, 4}).shape(), Shape({0, 2}));
  EXPECT_EQ(sum(ones({3, 2, 0}), {0, 2}).to_vector<float>(), (std::vector<float>{0, 0}));
}

TEST(Sum, TakesAZeroDimTensor) {
  expect_close(sum(tensor(3.5)), {3.5});
  expect_close(sum(tensor(3.5), -1), {3.5});
}

TEST(Sum, OfNothingIsZero) {
  expect_close(sum(zeros({0})), {0});
  expect_close(zeros({2, 0}).sum(1), {0, 0});
  EXPECT_EQ(zeros({2, 0}).sum(0).shape(), (Shape{0}));
}

TEST(Sum, OfIntegersIsInt64) {  // SEMANTICS [27]
  for (DType d : {bool_, uint8, int32, int64}) {
    const Tensor y = sum(ones({300}, {.dtype = d}));
    EXPECT_EQ(y.dtype(), int64);
    expect_close(y, {300});
  }
  EXPECT_EQ(sum(ones({2})).dtype(), float32);
  EXPECT_EQ(sum(ones({2}, {.dtype = float64})).dtype(), float64);
}

TEST(Sum, OfIntegersWrapsAround) {
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  expect_close(sum(tensor(std::vector<std::int64_t>{largest, 1})), {-0x1p63});
  expect_close(sum(tensor({-5, 3})), {-2});
}

TEST(Sum, DoesNotDriftOverManyFloat32) {  // SEMANTICS [14]
  expect_close(sum(full({10'000'000}, 0.1f)), {1e6}, 1e-7);
  expect_close(full({1'000'000, 2}, 0.1f).sum(0), {1e5, 1e5}, 1e-7);
}

TEST(Sum, DoesNotDriftOverManyFloat64) { expect_close(sum(full({1'000'000}, 0.1, {.dtype = float64})), {1e5}, 1e-14); }

TEST(Sum, OfNothingHasAnEmptyGradient) {
  Tensor x = leaf({}, {2, 0});
  EXPECT_EQ(gradient(x.sum(1), x, {1, 1}).shape(), (Shape{2, 0}));
}

TEST(Sum, OverNoDimsIsOverAll) {
  Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  expect_close(x.sum({}), {21});
  expect_close(sum(x, {}), {21});
  expect_close(x.sum(Shape{}, true), {21});
  EXPECT_EQ(x.sum(Shape{}, true).shape(), (Shape{1, 1}));
  expect_close(x.mean({}), {3.5});
  expect_close(mean(x, Shape{}), {3.5});
  expect_close(x.sum({0}), {5, 7, 9});
}

TEST(Sum, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: sum: dim 2 is outside [-2, 2)", [] { ones({2, 3}).sum(2); }},
      {"ValueError: sum: dim 0 is given twice in (0, 0)", [] { ones({2, 3}).sum({0, 0}); }},
      {"IndexError: sum: dim -3 is outside [-2, 2)", [] { ones({2, 3}).sum(-3); }},
      {"ValueError: sum: dim -1 is given twice in (1, -1)", [] { ones({2, 3}).sum({1, -1}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
