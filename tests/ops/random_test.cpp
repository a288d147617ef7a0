#include "xtape/random.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape {
namespace {

using testing::expect_error;
using testing::nan;

constexpr std::int64_t n = 200000;

std::vector<double> values(const Tensor& x) { return x.to(float64).to_vector<double>(); }

double mean(const std::vector<double>& x) {
  double total = 0;
  for (double v : x) total += v;
  return total / static_cast<double>(x.size());
}
double moment(const std::vector<double>& x, int k) {
  const double m = mean(x);
  double total = 0;
  for (double v : x) total += std::pow(v - m, k);
  return total / static_cast<double>(x.size());
}

/// Chi-square of counts in `bins` equal bins of [0, 1).
double chi_square(const std::vector<double>& unit, int bins) {
  std::vector<double> count(static_cast<std::size_t>(bins));
  for (double u : unit) ++count.at(static_cast<std::size_t>(u * bins));
  const double expected = static_cast<double>(unit.size()) / bins;
  double chi = 0;
  for (double c : count) chi += (c - expected) * (c - expected) / expected;
  return chi;
}

/// Within five standard deviations of the chi-square distribution.
void expect_chi(double chi, int degrees) { EXPECT_NEAR(chi, degrees, 5 * std::sqrt(2.0 * degrees)); }

TEST(Rand, IsUniform) {
  for (DType dtype : {float32, float64}) {
    Generator g(1);
    const std::vector<double> u = values(rand({n}, {.generator = &g, .dtype = dtype}));
    EXPECT_NEAR(mean(u), 0.5, 5 * std::sqrt(1.0 / 12 / n));
    EXPECT_NEAR(moment(u, 2), 1.0 / 12, 0.001);
    EXPECT_GE(*std::min_element(u.begin(), u.end()), 0.0);
    EXPECT_LT(*std::max_element(u.begin(), u.end()), 1.0);
    expect_chi(chi_square(u, 256), 255);
  }
}

TEST(Rand, NeighboursAreIndependent) {
  Generator g(2);
  const std::vector<double> u = values(rand({n}, {.generator = &g}));
  std::vector<double> cell;
  for (std::size_t i = 0; i + 1 < u.size(); i += 2) {
    cell.push_back((std::floor(u[i] * 16) + u[i + 1]) / 16);  // the pair's cell in a 16 x 16 square
  }
  expect_chi(chi_square(cell, 256), 255);
}

TEST(Randn, HasTheMomentsOfTheNormalDistribution) {
  for (DType dtype : {float32, float64}) {
    Generator g(3);
    const std::vector<double> z = values(randn({n}, {.generator = &g, .dtype = dtype}));
    EXPECT_NEAR(mean(z), 0, 5 / std::sqrt(n));
    EXPECT_NEAR(moment(z, 2), 1, 5 * std::sqrt(2.0 / n));
    EXPECT_NEAR(moment(z, 3), 0, 5 * std::sqrt(15.0 / n));
    EXPECT_NEAR(moment(z, 4), 3, 5 * std::sqrt(96.0 / n));
  }
}

TEST(Randn, FollowsTheNormalDistribution) {
  for (DType dtype : {float32, float64}) {
    Generator g(4);
    std::vector<double> z = values(randn({n}, {.generator = &g, .dtype = dtype}));
    for (double& v : z) v = 0.5 * std::erfc(-v / std::sqrt(2.0));
    expect_chi(chi_square(z, 256), 255);
  }
}

TEST(Randint, IsUniform) {
  Generator g(5);
  std::vector<double> u = values(randint(-3, 7, {n}, {.generator = &g}));
  for (double& v : u) v = (v + 3.5) / 10;
  EXPECT_GE(*std::min_element(u.begin(), u.end()), 0.0);
  EXPECT_LT(*std::max_element(u.begin(), u.end()), 1.0);
  expect_chi(chi_square(u, 10), 9);
}

TEST(Randint, CoversTheWholeOfInt64) {
  Generator g(6);
  const auto x = randint(INT64_MIN, INT64_MAX, {1000}, {.generator = &g}).to_vector<std::int64_t>();
  EXPECT_NEAR(std::count_if(x.begin(), x.end(), [](std::int64_t v) { return v < 0; }), 500, 80);
  EXPECT_LT(*std::min_element(x.begin(), x.end()), INT64_MIN / 10 * 9);
  EXPECT_GT(*std::max_element(x.begin(), x.end()), INT64_MAX / 10 * 9);
}

TEST(Randint, OfOneValueIsThatValue) { testing::expect_close(randint(4, 5, {3}), {4, 4, 4}); }

TEST(Randperm, IsAPermutation) {
  Generator g(7);
  for (std::int64_t m : {0, 1, 2, 127, 128, 129, 1000}) {
    std::vector<std::int64_t> p = randperm(m, {.generator = &g}).to_vector<std::int64_t>();
    std::sort(p.begin(), p.end());
    for (std::size_t i = 0; i < p.size(); ++i) ASSERT_EQ(p[i], static_cast<std::int64_t>(i));
    EXPECT_EQ(static_cast<std::int64_t>(p.size()), m);
  }
}

TEST(Randperm, EachOfTheSixOrdersOfThreeIsAsLikely) {
  Generator g(8);
  std::vector<double> order;
  for (int i = 0; i < 6000; ++i) {
    const std::vector<std::int64_t> p = randperm(3, {.generator = &g}).to_vector<std::int64_t>();
    order.push_back((static_cast<double>(2 * p[0] + (p[1] > p[2])) + 0.5) / 6);
  }
  expect_chi(chi_square(order, 6), 5);
}

TEST(Bernoulli, GivesOneWithItsProbability) {
  Generator g(9);
  for (DType dtype : {float32, float64}) {
    const Tensor y = bernoulli(full({n}, 0.3, {.dtype = dtype}), {.generator = &g});
    EXPECT_EQ(y.dtype(), dtype);
    EXPECT_NEAR(mean(values(y)), 0.3, 5 * std::sqrt(0.21 / n));
  }
  testing::expect_close(bernoulli(tensor({0.0, 1.0, 0.0, 1.0})), {0, 1, 0, 1});
}

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  auto all = [] {
    manual_seed(42);
    return std::vector<Tensor>{rand({7}),         rand({7}, {.dtype = float64}),  randperm(7),
                               randn({7}),        randn({7}, {.dtype = float64}), bernoulli(full({7}, 0.5)),
                               randint(0, 9, {7})};
  };
  const std::vector<Tensor> first = all(), second = all();
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(equal(first[i], second[i])) << i;
}

TEST(Random, AnotherSeedGivesOthers) {
  Generator a(1), b(2);
  EXPECT_FALSE(equal(rand({4}, {.generator = &a}), rand({4}, {.generator = &b})));
}

TEST(Random, ADrawContinuesWhereTheLastOneEnded) {
  Generator one(3), many(3);
  const std::vector<float> whole = rand({20}, {.generator = &one}).to_vector<float>();
  std::vector<float> parts;
  for (int i = 0; i < 5; ++i) {  // four floats are one block
    for (float v : rand({4}, {.generator = &many}).to_vector<float>()) parts.push_back(v);
  }
  EXPECT_EQ(parts, whole);
  EXPECT_EQ(one.state(), many.state());
}

TEST(Random, EachDrawTakesWholeBlocks) {
  Generator g(0);
  auto taken = [&g, last = std::uint64_t{0}]() mutable {
    const std::uint64_t now = g.state().offset;
    return now - std::exchange(last, now);
  };
  rand({5}, {.generator = &g});
  EXPECT_EQ(taken(), 2u);
  randn({5}, {.generator = &g, .dtype = float64});
  EXPECT_EQ(taken(), 3u);
  randint(0, 3, {1}, {.generator = &g});
  EXPECT_EQ(taken(), 1u);
  rand({0}, {.generator = &g});
  EXPECT_EQ(taken(), 0u);
}

TEST(Random, TheStateCanBeKeptAndRestored) {
  Generator g(4);
  rand({3}, {.generator = &g});
  const Generator::State kept = g.state();
  const Tensor x = randn({5}, {.generator = &g});
  g.set_state(kept);
  EXPECT_TRUE(equal(randn({5}, {.generator = &g}), x));
}

TEST(Random, ThreadsShareTheDefaultGenerator) {
  manual_seed(0);
  std::vector<float> drawn[4];
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 500; ++i) mine.push_back(rand({4}).to_vector<float>()[0]);
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<float> together, alone;
  for (const auto& mine : drawn) together.insert(together.end(), mine.begin(), mine.end());
  manual_seed(0);
  for (int i = 0; i < 2000; ++i) alone.push_back(rand({4}).to_vector<float>()[0]);
  std::sort(together.begin(), together.end());
  std::sort(alone.begin(), alone.end());
  EXPECT_EQ(together, alone);
}

TEST(Random, HonoursOptions) {
  EXPECT_EQ(rand({2, 3}).dtype(), float32);
  EXPECT_EQ(randint(0, 2, {2}).dtype(), int64);
  EXPECT_EQ(randperm(3).dtype(), int64);
  EXPECT_EQ(randint(0, 2, {2}, {.dtype = bool_}).dtype(), bool_);
  EXPECT_EQ(randint(0, 2, {2}, {.dtype = float32}).dtype(), float32);
  EXPECT_EQ(rand_like(zeros({2, 3}, {.dtype = float64})).dtype(), float64);
  EXPECT_EQ(randn_like(zeros({2, 3})).shape(), (Shape{2, 3}));
  EXPECT_TRUE(randn({2}, {.requires_grad = true}).requires_grad());
  EXPECT_EQ(rand({}).numel(), 1);
}

TEST(Random, AnErrorDrawsNothing) {
  Generator g(0);
  expect_error<ValueError>([&] { bernoulli(tensor({2.0}), {.generator = &g}); }, "p[0]");
  expect_error<ValueError>([&] { randint(0, 300, {2}, {.generator = &g, .dtype = uint8}); }, "uint8");
  EXPECT_EQ(g.state().offset, 0u);
}

TEST(Random, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"DTypeError: rand: draws real numbers, not int64; use randint, or convert with .to()",
       [] { rand({2}, {.dtype = int64}); }},
      {"ShapeError: shape: negative extent -2 in (2, -2)", [] { randn({2, -2}); }},
      {"ShapeError: shape: negative extent -2 in (-2)", [] { rand({-2}); }},
      {"ValueError: randint: no integer lies in [5, 5); low must be below high", [] { randint(5, 5, {2}); }},
      {"ValueError: randint: no integer lies in [0, 0); low must be below high", [] { randint(0, {2}); }},
      {"ValueError: randint: uint8 holds integers from 0 to 255, not from 0 to 299",
       [] { randint(0, 300, {2}, {.dtype = uint8}); }},
      {"ValueError: randint: bool_ holds integers from 0 to 1, not from -1 to 0",
       [] { randint(-1, 1, {2}, {.dtype = bool_}); }},
      {"ValueError: randperm: n is -1, it must not be negative", [] { randperm(-1); }},
      {"ValueError: randperm: uint8 holds integers from 0 to 255, not from 0 to 299",
       [] { randperm(300, {.dtype = uint8}); }},
      {"ValueError: bernoulli: p[1] = 1.5 is not a probability, it must lie in [0, 1]",
       [] { bernoulli(tensor({0.5, 1.5})); }},
      {"ValueError: bernoulli: p[0] = -0.1 is not a probability, it must lie in [0, 1]",
       [] { bernoulli(tensor({-0.1})); }},
      {"ValueError: bernoulli: p[0] = nan is not a probability, it must lie in [0, 1]",
       [] { bernoulli(tensor({nan})); }},
      {"DTypeError: bernoulli: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { bernoulli(tensor({1})); }},
      {"DTypeError: rand_like: draws real numbers, not int64; use randint, or convert with .to()",
       [] { rand_like(tensor({1, 2})); }},
      {"ValueError: rand_like: the tensor is undefined; has backward run?", [] { rand_like(Tensor()); }},
      {"ValueError: randn_like: the tensor is undefined; has backward run?", [] { randn_like(Tensor()); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
