#include <cmath>
#include <map>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_errors;

constexpr std::int64_t draws = 100'000;  // for each distribution

/// Each expected share of the draws is met within five standard deviations.
void expect_shares(const std::map<std::int64_t, std::int64_t>& counts, const std::map<std::int64_t, double>& shares) {
  for (const auto& [outcome, count] : counts) EXPECT_TRUE(shares.count(outcome)) << outcome << " is impossible";
  for (const auto& entry : shares) {
    const double share = entry.second, sigma = std::sqrt(share * (1 - share) * draws);
    const auto found = counts.find(entry.first);
    const double count = found == counts.end() ? 0 : static_cast<double>(found->second);
    EXPECT_NEAR(count, share * draws, 5 * sigma) << "outcome " << entry.first;
  }
}

std::map<std::int64_t, std::int64_t> counted(const Tensor& x) {
  std::map<std::int64_t, std::int64_t> counts;
  for (std::int64_t v : x.to_vector<std::int64_t>()) ++counts[v];
  return counts;
}

TEST(Multinomial, DrawsInProportionToTheWeights) {
  Generator g(1);
  for (DType dtype : {float32, float64}) {
    const Tensor p = tensor({0., 3., 0., 1., 4., 0.}).to(dtype);
    expect_shares(counted(multinomial(p, draws, true, {.generator = &g})), {{1, 3. / 8}, {3, 1. / 8}, {4, 0.5}});
    // One draw from each row, without replacement: the other algorithm.
    const Tensor rows = p.unsqueeze(0).expand({draws, 6});
    expect_shares(counted(multinomial(rows, 1, false, {.generator = &g})), {{1, 3. / 8}, {3, 1. / 8}, {4, 0.5}});
  }
}

TEST(Multinomial, WithoutReplacementDrawsFromWhatIsLeft) {
  Generator g(2);
  const Tensor y = multinomial(tensor({1., 2., 5.}).unsqueeze(0).expand({draws, 3}), 2, false, {.generator = &g});
  EXPECT_EQ(y.shape(), (Shape{draws, 2}));
  const Tensor pairs = select(y, 1, 0) * 10 + select(y, 1, 1);
  expect_shares(counted(pairs), {{1, 1. / 8 * 2 / 7},
                                 {2, 1. / 8 * 5 / 7},
                                 {10, 2. / 8 * 1 / 6},
                                 {12, 2. / 8 * 5 / 6},
                                 {20, 5. / 8 * 1 / 3},
                                 {21, 5. / 8 * 2 / 3}});
}

TEST(Multinomial, DrawsEachRowFromItsOwnWeights) {
  const Tensor p = tensor({{1., 0., 0.}, {0., 0., 7.}, {0., 2., 0.}});
  expect_close(multinomial(p, 2, true), {0, 0, 2, 2, 1, 1});
  expect_close(p.multinomial(1), {0, 2, 1});
  EXPECT_EQ(multinomial(p[0], 4, true).shape(), (Shape{4}));
  EXPECT_EQ(multinomial(zeros({0, 3}), 2).shape(), (Shape{0, 2}));
}

TEST(Multinomial, WithoutReplacementGivesEachPositionOnce) {
  const Tensor p = rand({1000}) + 0.01;
  expect_close(multinomial(p, 1000).sort().values, arange(1000).to(float64).to_vector<double>());
  expect_close(multinomial(tensor(std::vector<double>{0, 1e-320, 0, 1}), 2).sort().values, {1, 3});
}

TEST(Multinomial, TakesWeightsOfAnySize) {
  Generator g(3);
  for (double size : {1e308, 1e-320}) {
    const Tensor p = tensor(std::vector<double>{size, size});
    expect_shares(counted(multinomial(p, draws, true, {.generator = &g})), {{0, 0.5}, {1, 0.5}});
    expect_shares(counted(multinomial(p.unsqueeze(0).expand({draws, 2}), 1, false, {.generator = &g})),
                  {{0, 0.5}, {1, 0.5}});
  }
}

TEST(Multinomial, HonoursOptionsAndSeed) {
  const Tensor p = ones({50});
  const auto drawn = [&p](std::uint64_t seed) {
    Generator g(seed);
    return multinomial(p, 20, false, {.generator = &g});
  };
  EXPECT_TRUE(equal(drawn(5), drawn(5)));
  EXPECT_FALSE(equal(drawn(5), drawn(6)));
  manual_seed(9);
  const Tensor first = p.multinomial(5), second = p.multinomial(5);
  manual_seed(9);
  EXPECT_TRUE(equal(p.multinomial(5), first));
  EXPECT_FALSE(equal(first, second));
  EXPECT_EQ(first.dtype(), int64);
  EXPECT_EQ(multinomial(p, 5, true, {.dtype = int32}).dtype(), int32);
}

TEST(Multinomial, RefusesWhatIsNoDistribution) {
  Generator g(0);
  expect_errors({
      {"DTypeError: multinomial: expected a floating dtype, got int64; convert it with .to(float32)",
       [&] {
         multinomial(tensor({1, 2}), 1, false, {.generator = &g});
       }},
      {"ShapeError: multinomial: expected (n) or (rows, n), got ()",
       [&] { multinomial(tensor(1.), 1, false, {.generator = &g}); }},
      {"ValueError: multinomial: num_samples is 0, it must be positive",
       [&] { multinomial(ones({2}), 0, false, {.generator = &g}); }},
      {"ValueError: multinomial: p[1, 0] = -1, expected a finite number that is not negative",
       [&] {
         multinomial(tensor({{1., 2.}, {-1., 2.}}), 1, false, {.generator = &g});
       }},
      {"ValueError: multinomial: p[0] = nan, expected a finite number that is not negative",
       [&] { multinomial(tensor({NAN}), 1, false, {.generator = &g}); }},
      {"ValueError: multinomial: p[0] = inf, expected a finite number that is not negative",
       [&] { multinomial(tensor({INFINITY}), 1, false, {.generator = &g}); }},
      {"ValueError: multinomial: no element of p[1] is positive",
       [&] {
         multinomial(tensor({{1., 2.}, {0., 0.}}), 1, true, {.generator = &g});
       }},
      {"ValueError: multinomial: no element of p is positive",
       [&] { multinomial(zeros({0}), 1, true, {.generator = &g}); }},
      {"ValueError: multinomial: num_samples is 3, but only 2 elements of p are positive; set replacement?",
       [&] {
         multinomial(tensor({1., 0., 2.}), 3, false, {.generator = &g});
       }},
      {"ValueError: multinomial: uint8 holds integers from 0 to 255, not from 0 to 299",
       [&] { multinomial(ones({300}), 3, false, {.generator = &g, .dtype = uint8}); }},
      {"ValueError: multinomial: the tensor is undefined; has backward run?", [] { multinomial(Tensor(), 1); }},
  });
  EXPECT_EQ(g.state().offset, 0u);
}

}  // namespace
}  // namespace xtape
