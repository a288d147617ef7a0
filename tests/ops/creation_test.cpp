#include <gtest/gtest.h>

#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::inf;
using testing::nan;

TEST(Creation, MakesConstants) {
  EXPECT_EQ(zeros({2, 3}).shape(), (Shape{2, 3}));
  expect_close(zeros({2}), {0, 0});
  expect_close(ones({2}), {1, 1});
  expect_close(full({2}, 2.5), {2.5, 2.5});
  expect_close(ones({}), {1});
  EXPECT_EQ(empty({2, 0, 3}).shape(), (Shape{2, 0, 3}));
}

TEST(Creation, HasPyTorchsDefaultDtypes) {
  EXPECT_EQ(zeros({1}).dtype(), float32);
  EXPECT_EQ(ones({1}).dtype(), float32);
  EXPECT_EQ(empty({1}).dtype(), float32);
  EXPECT_EQ(eye(1).dtype(), float32);
  EXPECT_EQ(full({1}, 1).dtype(), int64);
  EXPECT_EQ(full({1}, 1.0).dtype(), float32);
  EXPECT_EQ(full({1}, true).dtype(), bool_);
  EXPECT_EQ(arange(3).dtype(), int64);
  EXPECT_EQ(arange(0, 1, 0.5).dtype(), float32);
}

TEST(Creation, TakesDtypeAndRequiresGrad) {
  Tensor x = zeros({2}, {.dtype = float64, .requires_grad = true});
  EXPECT_EQ(x.dtype(), float64);
  EXPECT_TRUE(x.requires_grad());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_EQ(full({1}, 2, {.dtype = uint8}).dtype(), uint8);
  for (Tensor y : {ones({1}, {.requires_grad = true}), empty({1}, {.requires_grad = true}),
                   eye(1, {.requires_grad = true}), full({1}, 1.0, {.requires_grad = true}),
                   arange(1, {.dtype = float32, .requires_grad = true}), tensor({1.0}, {.requires_grad = true}),
                   tensor(1.0, {.requires_grad = true}), ones_like(zeros({1}), {.requires_grad = true})}) {
    EXPECT_TRUE(y.requires_grad() && y.is_leaf());
  }
}

TEST(Creation, EyeHasOnesOnTheDiagonal) {
  expect_close(eye(2), {1, 0, 0, 1});
  expect_close(eye(2, 3), {1, 0, 0, 0, 1, 0});
  expect_close(eye(3, 2, {.dtype = int32}), {1, 0, 0, 1, 0, 0});
  EXPECT_EQ(eye(0).shape(), (Shape{0, 0}));
}

TEST(Creation, ArangeStopsBeforeTheEnd) {
  expect_close(arange(4), {0, 1, 2, 3});
  expect_close(arange(2, 5), {2, 3, 4});
  expect_close(arange(0, 7, 3), {0, 3, 6});
  expect_close(arange(0, 6, 3), {0, 3});
  expect_close(arange(3, 0, -1), {3, 2, 1});
  expect_close(arange(0, 1, 0.25), {0, 0.25, 0.5, 0.75});
  expect_close(arange(2.5), {0, 1, 2});
  EXPECT_EQ(arange(0).numel(), 0);
  EXPECT_EQ(arange(2, 2).numel(), 0);
  EXPECT_EQ(arange(3, {.dtype = float64}).dtype(), float64);
}

TEST(Creation, ArangeIsExactBeyondTheIntegersOfDouble) {
  const std::int64_t n = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(arange(n, n + 3).to_vector<std::int64_t>(), (std::vector<std::int64_t>{n, n + 1, n + 2}));
}

TEST(Creation, LikeFormsTakeShapeAndDtype) {
  Tensor x = full({2}, 7, {.dtype = float64});
  EXPECT_TRUE(equal(zeros_like(x), tensor({0, 0}, {.dtype = float64})));
  EXPECT_TRUE(equal(ones_like(x), tensor({1, 1}, {.dtype = float64})));
  EXPECT_TRUE(equal(full_like(x, 3), tensor({3, 3}, {.dtype = float64})));
  EXPECT_EQ(empty_like(x).dtype(), float64);
  EXPECT_EQ(zeros_like(x, {.dtype = int32}).dtype(), int32);
  EXPECT_FALSE(ones_like(ones({1}, {.requires_grad = true})).requires_grad());
}

TEST(Creation, TakesExtentsWithoutBraces) {
  for (const Tensor& x : {zeros(2, 3), ones(2, 3), empty(2, 3), rand(2, 3), randn(2, 3)}) {
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.dtype(), float32);
  }
  EXPECT_EQ(zeros(3).shape(), (Shape{3}));
  const std::vector<int> rows(5);
  EXPECT_EQ(ones(rows.size(), 2u).shape(), (Shape{5, 2}));
  expect_close(ones(2), {1, 1});
}

TEST(Creation, TakesADtypeInPlaceOfOptions) {
  const Tensor x = ones({2});
  for (const Tensor& y : {zeros({2}, float64),
                          ones({2}, float64),
                          empty({2}, float64),
                          eye(2, float64),
                          eye(2, 3, float64),
                          full({2}, 1, float64),
                          arange(2, float64),
                          arange(0, 2, float64),
                          arange(0, 2, 1, float64),
                          linspace(0, 1, 2, float64),
                          zeros_like(x, float64),
                          ones_like(x, float64),
                          empty_like(x, float64),
                          full_like(x, 1, float64),
                          tensor(1, float64),
                          tensor({1, 2}, float64),
                          tensor(std::vector<int>{1, 2}, float64),
                          tensor(std::vector<int>{1, 2}, {1, 2}, float64),
                          rand({2}, float64),
                          randn({2}, float64),
                          rand_like(x, float64),
                          randn_like(x, float64),
                          randint(0, 5, {2}, float64),
                          randint(5, {2}, float64),
                          randperm(3, float64)}) {
    EXPECT_EQ(y.dtype(), float64);
  }
  EXPECT_EQ(zeros({2, 3}, int64).shape(), (Shape{2, 3}));
  expect_close(full({2}, 7, uint8), {7, 7});
}

TEST(Creation, EmptyBracesAreAShapeOrDefaultOptions) {
  EXPECT_EQ(zeros({}).shape(), Shape{});
  EXPECT_EQ(zeros({}, {}).shape(), Shape{});
  const Tensor x = ones({2, 3}, {});
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.dtype(), float32);
  EXPECT_EQ(full({2}, 1, {}).dtype(), int64);
  EXPECT_EQ(arange(5, {}).numel(), 5);
  EXPECT_EQ(arange(1, 5, {}).numel(), 4);
  EXPECT_EQ(arange(0, 5, 2, {}).numel(), 3);
  EXPECT_EQ(eye(2, {}).shape(), (Shape{2, 2}));
  EXPECT_EQ(linspace(0, 1, 3, {}).dtype(), float32);
  EXPECT_EQ(zeros_like(x, {}).dtype(), float32);
  EXPECT_EQ(rand({2}, {}).dtype(), float32);
  EXPECT_EQ(randint(0, 10, {}).shape(), Shape{});
  EXPECT_EQ(randint(0, 10, {4}, {}).dtype(), int64);
  EXPECT_EQ(randint(10, {4}, {}).shape(), (Shape{4}));
  EXPECT_EQ(randperm(4, {}).numel(), 4);
  EXPECT_EQ(tensor({1, 2}, {}).dtype(), int64);
  EXPECT_EQ(tensor(std::vector<float>{1}, {}).shape(), Shape{});
  EXPECT_EQ(tensor(std::vector<float>{1}, {1}, {}).shape(), (Shape{1}));
}

TEST(Creation, LinspaceReachesBothEnds) {
  expect_close(linspace(0, 10, 5), {0, 2.5, 5, 7.5, 10});
  expect_close(linspace(1, 0, 3), {1, 0.5, 0});
  expect_close(linspace(-2.7, 2.7, 6, int32), {-2, -1, 0, 0, 1, 2});
  expect_close(linspace(3, 7, 1), {3});
  EXPECT_EQ(linspace(3, 7, 0).shape(), (Shape{0}));
  EXPECT_EQ(linspace(0, 1, 3).dtype(), float32);
  EXPECT_TRUE(linspace(0, 1, 3, {.requires_grad = true}).requires_grad());
  for (std::int64_t steps : {2, 3, 10, 1000}) {
    EXPECT_EQ(linspace(0.1, 0.7, steps, float64)[-1].item(), 0.7);
  }
}

TEST(Creation, LinspaceSpansTheWholeRangeOfItsDtype) {
  expect_close(linspace(-3e38, 3e38, 3)[1], {0});
  expect_close(linspace(-1.5e308, 1.5e308, 3, float64), {-1.5e308, 0, 1.5e308});
}

TEST(Creation, TensorTakesLiteralsOfUpToThreeDims) {
  expect_close(tensor(3), {3});
  EXPECT_EQ(tensor(3).shape(), Shape{});
  EXPECT_EQ(tensor({1, 2, 3}).shape(), (Shape{3}));
  Tensor m = tensor({{1.f, 2.f}, {3.f, 4.f}});
  EXPECT_EQ(m.shape(), (Shape{2, 2}));
  Tensor p = tensor({{{1, 2}, {3, 4}, {5, 6}}});
  EXPECT_EQ(p.shape(), (Shape{1, 3, 2}));
  expect_close(p, {1, 2, 3, 4, 5, 6});
}

TEST(Creation, TensorInfersTheDtypeOfLiterals) {
  EXPECT_EQ(tensor({1.f}).dtype(), float32);
  EXPECT_EQ(tensor({1.0}).dtype(), float32);
  EXPECT_EQ(tensor({1}).dtype(), int64);
  EXPECT_EQ(tensor({1LL}).dtype(), int64);
  EXPECT_EQ(tensor({short{1}}).dtype(), int64);
  EXPECT_EQ(tensor({true, false}).dtype(), bool_);
  EXPECT_EQ(tensor(true).dtype(), bool_);
  EXPECT_EQ(tensor({1, 2}, {.dtype = float64}).dtype(), float64);
}

TEST(Creation, TensorKeepsTheFractionOfALongDouble) {
  EXPECT_EQ(tensor(1.5L).dtype(), float32);
  expect_close(tensor({1.5L, -0.25L}), {1.5, -0.25});
}

TEST(Creation, TensorCopiesSpansAndVectorsInTheirOwnDtype) {
  std::vector<double> values{1, 2, 3, 4};
  Tensor x = tensor(values, {2, 2}), y = tensor(std::span<const double>(values), {4}), z = tensor(values);
  EXPECT_EQ(x.dtype(), float64);
  EXPECT_EQ(z.shape(), (Shape{4}));
  values[0] = 9;
  expect_close(x, {1, 2, 3, 4});
  expect_close(y, {1, 2, 3, 4});
  std::vector<std::uint8_t> bytes{1, 255};
  EXPECT_EQ(tensor(std::span<std::uint8_t>(bytes), {2}).dtype(), uint8);
  EXPECT_EQ(tensor(bytes, {2}, {.dtype = float32}).dtype(), float32);
}

TEST(Creation, TensorOfNothingIsEmpty) {
  EXPECT_EQ(tensor(std::vector<float>{}).shape(), (Shape{0}));
  EXPECT_EQ(tensor(std::vector<float>{}, {0, 3}).shape(), (Shape{0, 3}));
}

TEST(Creation, FullTakesTheLastNumbersThatTheDtypeHolds) {
  expect_close(full({1}, -0x1p63, {.dtype = int64}), {-0x1p63});
  expect_close(full({1}, 255.5, {.dtype = uint8}), {255});
}

TEST(Creation, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: shape: negative extent -1 in (2, -1)", [] { zeros({2, -1}); }},
      {"ShapeError: shape: (1099511627776, 1099511627776) has too many elements to count",
       [] { zeros({1LL << 40, 1LL << 40}); }},
      {"ValueError: allocate: no memory for a tensor of 4503599627370496 bytes", [] { zeros({1LL << 50}); }},
      {"DTypeError: requires_grad_: only floating tensors have gradients, this one is int64",
       [] { ones({2}, {.dtype = int64, .requires_grad = true}); }},
      {"ValueError: full: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { full({2}, 300, {.dtype = uint8}); }},
      {"ValueError: full: nan does not fit int64", [] { full({2}, nan, {.dtype = int64}); }},
      {"ValueError: full: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { full({1}, -1, {.dtype = uint8}); }},
      {"ValueError: full: 1e+30 does not fit int32", [] { full({1}, 1e30, {.dtype = int32}); }},
      {"ValueError: full: 9.223372036854776e+18 does not fit int64", [] { full({1}, 0x1p63, {.dtype = int64}); }},
      {"ValueError: arange: step is 0, it must be a number other than 0", [] { arange(0, 5, 0); }},
      {"ValueError: arange: step -1 never leads from 0 to 5", [] { arange(0, 5, -1); }},
      {"ValueError: arange: step 1 never leads from 0 to nan", [] { arange(nan); }},
      {"ValueError: arange: step is nan, it must be a number other than 0", [] { arange(0, 3, nan); }},
      {"ValueError: arange: step 1 never leads from 3 to 0", [] { arange(3, 0); }},
      {"ValueError: arange: step 1 never leads from 0 to -1", [] { arange(-1); }},
      {"ValueError: arange: inf elements from 0 to inf by 1 are too many", [] { arange(0, inf, 1); }},
      {"ValueError: arange: 9.999999999999999e+29 elements from 0 to 1 by 1e-30 are too many",
       [] { arange(0, 1, 1e-30); }},
      {"ValueError: arange: 1.8446744073709552e+19 elements from -9.223372036854776e+18 to 9.223372036854776e+18 by 1 "
       "are too many",
       [] { arange(INT64_MIN, INT64_MAX); }},
      {"ValueError: arange: 299 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { arange(300, {.dtype = uint8}); }},
      {"ShapeError: shape: negative extent -1 in (-1, -1)", [] { eye(-1); }},
      {"ShapeError: shape: negative extent -1 in (2, -1)", [] { zeros(2, -1); }},
      {"ValueError: linspace: steps is -1, it must not be negative", [] { linspace(0, 1, -1); }},
      {"DTypeError: linspace: numbers between start and end are not bool_", [] { linspace(0, 1, 2, bool_); }},
      {"ValueError: linspace: start and end must be finite, got 0 and inf", [] { linspace(0, inf, 3); }},
      {"ValueError: linspace: start and end must be finite, got nan and 1", [] { linspace(nan, 1, 3, int64); }},
      {"ValueError: linspace: -3 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { linspace(-3, 3, 4, uint8); }},
      {"ValueError: zeros_like: the tensor is undefined; has backward run?", [] { zeros_like(Tensor()); }},
      {"ShapeError: shape: (1099511627776, 0, 1099511627776) has too many elements to count",
       [] { empty({1LL << 40, 0, 1LL << 40}); }},
      {"ValueError: full_like: 2147483648 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { full_like(zeros({1}, {.dtype = int32}), 1LL << 31); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
