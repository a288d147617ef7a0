// The dtype in which an op on two tensors, or on a tensor and a number, computes.
#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

const DType arithmetic[] = {int32, int64, float32, float64};
const DType all_dtypes[] = {bool_, uint8, int32, int64, float32, float64};

// SEMANTICS [27]

TEST(Promotion, TakesTheLaterDtype) {
  for (DType a : arithmetic) {
    for (DType b : arithmetic) {
      const DType later = a < b ? b : a;
      EXPECT_EQ((ones({2}, {.dtype = a}) + ones({2}, {.dtype = b})).dtype(), later);
      EXPECT_EQ(maximum(ones({2}, {.dtype = a}), ones({1, 2}, {.dtype = b})).dtype(), later);
    }
  }
  for (DType a : all_dtypes) {
    for (DType b : all_dtypes) {
      const Tensor y = where(tensor({true, false}), ones({2}, {.dtype = a}), zeros({2}, {.dtype = b}));
      EXPECT_EQ(y.dtype(), a < b ? b : a);
    }
  }
}

TEST(Promotion, BoolAndUint8CountBesideAnotherDtype) {
  EXPECT_EQ((tensor({true, false}) + tensor({1, 2})).dtype(), int64);
  EXPECT_EQ((tensor({1, 2}, {.dtype = uint8}) * tensor({0.5f, 0.5f})).dtype(), float32);
  expect_close(tensor({1, 2}, {.dtype = uint8}) * 0.5, {0.5, 1});
  expect_close(tensor({true, false}) + 1, {2, 1});
}

TEST(Promotion, ANumberRaisesTheDtypeOnlyAcrossCategory) {
  const auto of = [](DType d) { return ones({2}, {.dtype = d}); };
  EXPECT_EQ((of(int32) + 1).dtype(), int32);
  EXPECT_EQ((of(int32) + true).dtype(), int32);
  EXPECT_EQ((of(int32) + 1.5).dtype(), float32);
  EXPECT_EQ((1.5 - of(int64)).dtype(), float32);
  EXPECT_EQ((of(float32) * 2.5).dtype(), float32);
  EXPECT_EQ((of(float32) * 2).dtype(), float32);
  EXPECT_EQ((2.5f * of(float64)).dtype(), float64);
  EXPECT_EQ((of(bool_) + 1).dtype(), int64);
  EXPECT_EQ((of(bool_) + 1.0).dtype(), float32);
}

TEST(Promotion, AZeroDimTensorRaisesTheDtypeOnlyAcrossCategory) {
  const auto zero_dim = [](DType d) { return tensor(1, {.dtype = d}); };
  const auto of = [](DType d) { return ones({2}, {.dtype = d}); };
  EXPECT_EQ((of(int32) + zero_dim(int64)).dtype(), int32);
  EXPECT_EQ((of(float32) + zero_dim(float64)).dtype(), float32);
  EXPECT_EQ((zero_dim(float64) + of(float32)).dtype(), float32);
  EXPECT_EQ((of(int64) + zero_dim(float32)).dtype(), float32);
  EXPECT_EQ((of(int64) + zero_dim(float64)).dtype(), float64);
  EXPECT_EQ((of(float32) + zero_dim(int64)).dtype(), float32);
}

TEST(Promotion, TwoZeroDimTensorsPromoteLikeAnyOthers) {
  EXPECT_EQ((tensor(1, {.dtype = int32}) + tensor(1)).dtype(), int64);
  EXPECT_EQ((tensor(1.0) + tensor(1.0, {.dtype = float64})).dtype(), float64);
}

TEST(Promotion, IntegersDivideToFloat32) {
  EXPECT_EQ((tensor({1}) / tensor({2})).dtype(), float32);
  EXPECT_EQ((tensor({1}) / 2).dtype(), float32);
  EXPECT_EQ((tensor({1}) / tensor({2.0}, {.dtype = float64})).dtype(), float64);
}

TEST(Promotion, AGradientHasItsTensorsDtype) {
  Tensor a = tensor({1.0f, 2.0f}, {.requires_grad = true}), b = leaf({3, 4}, {2});
  (a * b).sum().backward();
  EXPECT_EQ(a.grad().dtype(), float32);
  EXPECT_EQ(b.grad().dtype(), float64);
  expect_close(a.grad(), {3, 4});
  expect_close(b.grad(), {1, 2});
}

TEST(Promotion, KeepsTheDigitsOfANumberInFloat64) {
  expect_close(leaf({1}, {1}) * 0.1, {0.1});
  expect_close(pow(leaf({2}, {1}), 0.1), {1.0717734625362931}, 1e-15);
}

}  // namespace
}  // namespace xtape
