#include "train/intervals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace xtape::train {
namespace {

struct Share {
  std::int64_t successes, n;
  double p() const { return static_cast<double>(successes) / static_cast<double>(n); }
};

// The examples of Newcombe's papers (Statistics in Medicine 17, 1998: 857-872, table I, method 3, and 873-890, table
// II, method 10), as they are printed there.

TEST(WilsonInterval, HasThePublishedValues) {
  struct Case {
    Share share;
    double low, high;
  };
  for (const auto& [share, low, high] : {Case{{81, 263}, 0.2553, 0.3662},
                                         {{15, 148}, 0.0624, 0.1605},
                                         {{0, 20}, 0.0000, 0.1611},
                                         {{1, 29}, 0.0061, 0.1718}}) {
    const Interval i = wilson_interval(share.p(), share.n);
    EXPECT_NEAR(i.low, low, 5e-5) << share.successes << " of " << share.n;
    EXPECT_NEAR(i.high, high, 5e-5) << share.successes << " of " << share.n;
  }
}

TEST(WilsonInterval, EndsAtTheShareWhereThatIsNoneOrAll) {
  for (const std::int64_t n : {1, 3, 7, 1000, 123456789}) {
    EXPECT_EQ(wilson_interval(0, n).low, 0);
    EXPECT_EQ(wilson_interval(1, n).high, 1);
    EXPECT_GT(wilson_interval(0, n).high, 0);
    EXPECT_LT(wilson_interval(1, n).low, 1);
  }
}

TEST(WilsonInterval, KnowsNothingWithoutSamples) {
  EXPECT_EQ(wilson_interval(0.5, 0).low, 0);
  EXPECT_EQ(wilson_interval(0.5, 0).high, 1);
  EXPECT_TRUE(std::isnan(wilson_interval(std::numeric_limits<double>::quiet_NaN(), 10).low));
}

TEST(GapInterval, HasThePublishedValues) {
  struct Case {
    Share first, second;
    double low, high;
  };
  for (const auto& [a, b, low, high] : {Case{{56, 70}, {48, 80}, 0.0524, 0.3339},
                                        {{9, 10}, {3, 10}, 0.1705, 0.8090},
                                        {{6, 7}, {2, 7}, 0.0582, 0.8062},
                                        {{5, 56}, {0, 29}, -0.0381, 0.1926},
                                        {{0, 10}, {0, 20}, -0.1611, 0.2775},
                                        {{0, 10}, {0, 10}, -0.2775, 0.2775},
                                        {{10, 10}, {0, 20}, 0.6791, 1.0000},
                                        {{10, 10}, {0, 10}, 0.6075, 1.0000}}) {
    const Interval i = gap_interval(a.p(), a.n, b.p(), b.n);
    EXPECT_NEAR(i.low, low, 5e-5) << a.successes << "/" << a.n << " - " << b.successes << "/" << b.n;
    EXPECT_NEAR(i.high, high, 5e-5) << a.successes << "/" << a.n << " - " << b.successes << "/" << b.n;
  }
}

}  // namespace
}  // namespace xtape::train
