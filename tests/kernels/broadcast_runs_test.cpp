#include "kernels/broadcast_runs.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace xtape::kernels {
namespace {

std::vector<std::int64_t> positions(const Repetition& repetition, std::int64_t n) {
  std::vector<std::int64_t> at;
  for (std::int64_t i = 0; i < n; ++i) at.push_back(repetition.at(i));
  return at;
}

TEST(BroadcastRuns, RepeatLeadingAndTrailingDims) {
  using Positions = std::vector<std::int64_t>;
  EXPECT_EQ(positions(*find_repetition({2, 3}, {2, 3}), 6), (Positions{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(positions(*find_repetition({3}, {2, 3}), 6), (Positions{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(positions(*find_repetition({2, 1}, {2, 3}), 6), (Positions{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(positions(*find_repetition({1, 2, 1}, {2, 2, 2}), 8), (Positions{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(positions(*find_repetition({}, {2, 2}), 4), (Positions{0, 0, 0, 0}));
}

TEST(BroadcastRuns, DoNotCoverADimBetweenKeptDims) { EXPECT_FALSE(find_repetition({2, 1, 4}, {2, 3, 4}).has_value()); }

TEST(BroadcastRuns, ReadEachOperandByItsRepetition) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Shape to = {2, 3, 2};
  const Shape shapes[] = {{2, 3, 2}, {3, 2}, {2}, {2, 1, 1}, {1, 3, 1}, {}};
  for (const Shape& s : shapes) {
    for (const Shape& t : shapes) {
      for (const Shape& u : shapes) {
        SCOPED_TRACE(s.to_string() + t.to_string() + u.to_string());
        const Repetition a = *find_repetition(s, to), b = *find_repetition(t, to), c = *find_repetition(u, to);
        std::vector<double> y(12), expected;
        for (std::int64_t i = 0; i < 12; ++i) {
          const auto of = [&x, i](const Repetition& r) { return x[static_cast<std::size_t>(r.at(i))]; };
          expected.push_back(100 * of(a) + 10 * of(b) + of(c));
        }
        broadcast_runs(
            y.data(), 12, [](double p, double q, double r) { return 100 * p + 10 * q + r; },
            BroadcastOperand<double>{x.data(), a}, BroadcastOperand<double>{x.data(), b},
            BroadcastOperand<double>{x.data(), c});
        EXPECT_EQ(y, expected);
      }
    }
  }
}

}  // namespace
}  // namespace xtape::kernels
