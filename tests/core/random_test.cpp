#include "core/random.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <vector>

#include "kernels/plain_math.hpp"
#include "kernels/random.hpp"
#include "xtape/random.hpp"

namespace xtape {
namespace {

TEST(Generator, ReservesRangesThatDoNotOverlap) {
  Generator g(5);
  EXPECT_EQ(g.reserve(3), (Generator::State{5, 0}));
  EXPECT_EQ(g.reserve(0), (Generator::State{5, 3}));
  EXPECT_EQ(g.reserve(2), (Generator::State{5, 3}));
  EXPECT_EQ(g.state(), (Generator::State{5, 5}));
}

TEST(Generator, SeedingStartsTheStreamAgain) {
  Generator g(5);
  g.reserve(3);
  g.manual_seed(6);
  EXPECT_EQ(g.state(), (Generator::State{6, 0}));
  g.set_state({7, 9});
  EXPECT_EQ(g.reserve(1), (Generator::State{7, 9}));
}

TEST(Generator, ServesThreadsWithoutHandingOutABlockTwice) {
  Generator g(1);
  std::vector<std::uint64_t> begins[4];
  std::vector<std::thread> threads;
  for (auto& mine : begins) {
    threads.emplace_back([&g, &mine] {
      for (int i = 0; i < 5000; ++i) mine.push_back(g.reserve(3).offset);
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<std::uint64_t> all;
  for (const auto& mine : begins) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], 3 * i);
}

/// Filling in two parts gives the same numbers as filling at once, wherever the cut is.
template <class T, class Fill>
void expect_splits_anywhere(Fill fill) {
  constexpr std::int64_t n = 600;
  std::vector<T> whole(n), parts(n);
  fill(0, n, whole.data());
  for (std::int64_t cut : {1, 2, 3, 5, 255, 256, 257, 511, 599}) {
    std::fill(parts.begin(), parts.end(), T{});
    fill(0, cut, parts.data());
    fill(cut, n - cut, parts.data() + cut);
    EXPECT_EQ(parts, whole) << "cut at " << cut;
  }
}

TEST(RandomKernels, GiveTheSameNumbersInTwoParts) {
  const RandomStream s{3, 11};
  expect_splits_anywhere<float>([&](auto i, auto n, float* y) { kernels::uniform(s, i, n, y); });
  expect_splits_anywhere<double>([&](auto i, auto n, double* y) { kernels::uniform(s, i, n, y); });
  expect_splits_anywhere<float>([&](auto i, auto n, float* y) { kernels::normal(s, i, n, y); });
  expect_splits_anywhere<double>([&](auto i, auto n, double* y) { kernels::normal(s, i, n, y); });
  expect_splits_anywhere<std::int64_t>([&](auto i, auto n, auto* y) { kernels::randint(s, i, n, -9, 9, y); });
  const double p[600] = {0.3, 0.9, 0.5, 1, 0, 0.1};
  expect_splits_anywhere<double>([&](auto i, auto n, auto* y) { kernels::bernoulli(s, i, n, &p[i], y); });
}

TEST(RandomKernels, FollowTheirFormulas) {
  float u[2], z[2];
  kernels::uniform({0, 0}, 0, 2, u);
  kernels::normal({0, 0}, 0, 2, z);
  EXPECT_EQ(u[0], 0x6627e8 * 0x1p-24f);  // of the known answer for zeros
  EXPECT_EQ(u[1], 0xe169c5 * 0x1p-24f);
  const double r = std::sqrt(-2 * std::log(0x6627e8d6 * 0x1p-32)), angle = 2 * M_PI * (0xe169c58d * 0x1p-32);
  EXPECT_FLOAT_EQ(z[0], static_cast<float>(r * std::cos(angle)));
  EXPECT_FLOAT_EQ(z[1], static_cast<float>(r * std::sin(angle)));
}

TEST(RandomKernels, DeriveASeedForEachUseEpochAndNumber) {
  std::vector<std::uint64_t> seeds;
  for (const StreamUse use : {StreamUse::transform, StreamUse::augment}) {
    for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
      for (std::uint64_t number = 0; number < 200; ++number) {
        seeds.push_back(kernels::derived_seed(3, use, epoch, number));
      }
    }
  }
  EXPECT_EQ(seeds[1], kernels::derived_seed(3, StreamUse::transform, 0, 1));
  std::sort(seeds.begin(), seeds.end());
  EXPECT_EQ(std::adjacent_find(seeds.begin(), seeds.end()), seeds.end());
  EXPECT_NE(kernels::derived_seed(3, StreamUse::augment, 5, 0), kernels::derived_seed(4, StreamUse::augment, 5, 0));
}

TEST(RandomKernels, DeriveASeedFromTheBlockOfItsNumber) {
  std::int64_t numbers[2 * 8];  // two of each block, of the full 64 bits
  const RandomStream stream = keyed_stream(3, StreamUse::augment, 9);
  kernels::randint(stream, 0, 16, INT64_MIN, UINT64_MAX, numbers);
  for (std::uint64_t i = 0; i < 8; ++i) {
    const auto expected = static_cast<std::uint64_t>(numbers[2 * i]) - static_cast<std::uint64_t>(INT64_MIN);
    const std::uint64_t seed = kernels::derived_seed(3, StreamUse::augment, 9, i);
    EXPECT_LE(seed - expected, 1u);  // randint multiplies by 2^64 - 1 instead of 2^64
  }
}

template <class T>
std::uint32_t crc_of_normals() {
  std::vector<T> z(100000);
  kernels::normal({12, 34}, 0, static_cast<std::int64_t>(z.size()), z.data());
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const unsigned char*>(z.data()), static_cast<uInt>(z.size() * sizeof(T))));
}

// The bits do not depend on the compiler, its flags or the C library.
TEST(RandomKernels, GiveTheSameBitsEverywhere) {
  EXPECT_EQ(crc_of_normals<float>(), 0x76289aa3u);
  EXPECT_EQ(crc_of_normals<double>(), 0x83379d7du);
}

TEST(PlainMath, LogAgreesWithLibm) {
  double worst = 0;
  std::vector<double> u(200000);
  kernels::uniform({1, 0}, 0, static_cast<std::int64_t>(u.size()), u.data());
  for (double v : u) {
    for (double x : {v, 1 - v * 1e-6, v * 1e-12, 1 + v * 3}) {
      if (x <= 0) continue;
      const double expected = std::log(x);
      if (expected != 0) worst = std::max(worst, std::abs(kernels::plain_log(x) / expected - 1));
    }
  }
  EXPECT_LT(worst, 5e-16);
  EXPECT_EQ(kernels::plain_log(1.0), 0.0);
}

TEST(PlainMath, ExpAgreesWithLibm) {
  double worst = 0;
  std::vector<double> u(200000);
  kernels::uniform({3, 0}, 0, static_cast<std::int64_t>(u.size()), u.data());
  for (double v : u) {
    for (double x : {v, -v, 1400 * v - 700, v * 1e-9}) {
      worst = std::max(worst, std::abs(kernels::plain_exp(x) / std::exp(x) - 1));
    }
  }
  EXPECT_LT(worst, 5e-16);
  EXPECT_EQ(kernels::plain_exp(0.0), 1.0);
}

TEST(PlainMath, SinAndCosAgreeWithLibm) {
  double worst = 0;
  std::vector<double> u(200000);
  kernels::uniform({2, 0}, 0, static_cast<std::int64_t>(u.size()), u.data());
  for (double v : u) {
    const auto [sin, cos] = kernels::plain_sincos_turns(v);
    worst = std::max({worst, std::abs(sin - std::sin(2 * M_PI * v)), std::abs(cos - std::cos(2 * M_PI * v))});
    EXPECT_NEAR(sin * sin + cos * cos, 1, 1e-15);
  }
  EXPECT_LT(worst, 1.5e-15);  // libm's own argument 2 pi v is rounded by up to 9e-16
}

TEST(PlainMath, SinAndCosAreExactAtQuarterTurns) {
  const double sines[] = {0, 1, 0, -1};
  for (int k = -8; k <= 8; ++k) {
    const auto [sin, cos] = kernels::plain_sincos_turns(k / 4.0);
    EXPECT_EQ(sin, sines[(k + 8) % 4]);
    EXPECT_EQ(cos, sines[(k + 9) % 4]);
  }
}

}  // namespace
}  // namespace xtape
