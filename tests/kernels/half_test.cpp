#include "kernels/half.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace xtape::kernels {
namespace {

struct Format {
  const char* name;
  void (*from)(const std::uint16_t*, std::int64_t, float*);
  void (*to)(const float*, std::int64_t, std::uint16_t*);
  std::uint16_t infinity;  // the finite positive numbers are 0, 1, ..., infinity - 1, in ascending order

  float value(int bits) const {
    const auto x = static_cast<std::uint16_t>(bits);
    float y;
    from(&x, 1, &y);
    return y;
  }
  int rounded(float x) const {
    std::uint16_t y;
    to(&x, 1, &y);
    return y;
  }
};

constexpr Format formats[] = {{"float16", from_float16, to_float16, 0x7c00},
                              {"bfloat16", from_bfloat16, to_bfloat16, 0x7f80}};

TEST(Half, KeepsEveryValue) {
  for (const Format& format : formats) {
    for (int bits = 0; bits < 1 << 16; ++bits) {
      const float x = format.value(bits);
      if ((bits & 0x7fff) > format.infinity) {
        ASSERT_TRUE(std::isnan(x)) << format.name << " " << bits;
        ASSERT_TRUE(std::isnan(format.value(format.rounded(x)))) << format.name << " " << bits;
      } else {
        ASSERT_EQ(format.rounded(x), bits) << format.name;
      }
    }
  }
}

TEST(Half, KeepsANanOfLowBitsOnly) {
  for (const Format& format : formats) {
    const float x = std::bit_cast<float>(0x7f80'0001);
    EXPECT_TRUE(std::isnan(format.value(format.rounded(x)))) << format.name;
  }
}

TEST(Half, HasTheValuesOfTheFormat) {
  EXPECT_EQ(formats[0].value(1), std::ldexp(1.f, -24));
  EXPECT_EQ(formats[0].value(0x7bff), 65504);
  EXPECT_EQ(formats[1].value(1), std::ldexp(1.f, -133));
  EXPECT_EQ(formats[1].value(0x3f80), 1);
  for (const Format& format : formats) {
    EXPECT_EQ(format.value(format.infinity), std::numeric_limits<float>::infinity());
    for (int bits = 1; bits < format.infinity; ++bits) ASSERT_LT(format.value(bits - 1), format.value(bits)) << bits;
  }
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  for (const Format& format : formats) {
    for (int bits = 0; bits + 1 < format.infinity; ++bits) {
      const float low = format.value(bits), high = format.value(bits + 1);
      const auto middle = static_cast<float>((double{low} + high) / 2);  // exact
      const int even = bits + bits % 2;
      ASSERT_EQ(format.rounded(middle), even) << format.name << " " << bits;
      ASSERT_EQ(format.rounded(-middle), even | 0x8000) << format.name << " " << bits;
      ASSERT_EQ(format.rounded(std::nextafter(middle, 0.f)), bits) << format.name << " " << bits;
      ASSERT_EQ(format.rounded(std::nextafter(middle, high)), bits + 1) << format.name << " " << bits;
    }
  }
}

}  // namespace
}  // namespace xtape::kernels
