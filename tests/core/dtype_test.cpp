#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "xtape/xtape.hpp"

namespace xtape {
namespace {

TEST(DType, HasANameAndAWidth) {
  const std::pair<DType, std::pair<const char*, int>> expected[] = {
      {bool_, {"bool_", 1}}, {uint8, {"uint8", 1}},     {int32, {"int32", 4}},
      {int64, {"int64", 8}}, {float32, {"float32", 4}}, {float64, {"float64", 8}}};
  for (const auto& [dtype, name_and_width] : expected) {
    EXPECT_STREQ(to_string(dtype), name_and_width.first);
    EXPECT_EQ(itemsize(dtype), name_and_width.second);
  }
}

TEST(DType, PromotesToTheLater) {  // SEMANTICS [27]
  const DType order[] = {bool_, uint8, int32, int64, float32, float64};
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) EXPECT_EQ(promote(order[i], order[j]), order[std::max(i, j)]);
  }
}

TEST(DType, KnowsWhatIsFloating) {
  EXPECT_TRUE(is_floating(float32) && is_floating(float64));
  EXPECT_FALSE(is_floating(bool_) || is_floating(uint8) || is_floating(int32) || is_floating(int64));
}

TEST(DType, BelongsToTheElementType) {
  static_assert(dtype_of<bool> == bool_ && dtype_of<std::uint8_t> == uint8 && dtype_of<std::int32_t> == int32);
  static_assert(dtype_of<std::int64_t> == int64 && dtype_of<long long> == int64);
  static_assert(dtype_of<float> == float32 && dtype_of<double> == float64);
  static_assert(!Element<short> && !Element<unsigned> && !Element<long double>);
}

TEST(Scalar, KeepsItsCategory) {
  EXPECT_EQ(Scalar(true).dtype(), bool_);
  EXPECT_EQ(Scalar(1).dtype(), int64);
  EXPECT_EQ(Scalar(std::uint8_t{1}).dtype(), int64);
  EXPECT_EQ(Scalar(1.0f).dtype(), float32);
  EXPECT_EQ(Scalar(1.0).dtype(), float32);
}

TEST(Scalar, KeepsItsValue) {
  EXPECT_EQ(Scalar(INT64_MAX).to<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(Scalar(0.1).to<double>(), 0.1);
  EXPECT_EQ(Scalar(2.75).to<int>(), 2);
  EXPECT_TRUE(Scalar(2).to<bool>());
}

}  // namespace
}  // namespace xtape
