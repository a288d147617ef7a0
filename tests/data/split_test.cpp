#include "xtape/data/split.hpp"

#include <algorithm>
#include <set>

#include "support/expect.hpp"

namespace xtape::data {
namespace {

using testing::expect_error;
using Indices = std::vector<std::int64_t>;

TensorDataset numbered(std::int64_t n) { return TensorDataset(arange(n), arange(n)); }

Indices list(const Subset& subset) { return Indices(subset.indices().begin(), subset.indices().end()); }

TEST(RandomSplit, UnpacksIntoTrainAndValidation) {
  const TensorDataset full = numbered(100);
  auto [train, validation] = random_split(full, std::array{0.9, 0.1}, /*seed=*/0);
  EXPECT_EQ(train.size(), 90);
  EXPECT_EQ(validation.size(), 10);
}

TEST(RandomSplit, PartsAreDisjointAndCoverAllForEverySeed) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto n = static_cast<std::int64_t>(seed % 23 + 1);
    const auto parts = random_split(numbered(n), std::array{0.5, 0.3, 0.2}, seed);
    Indices all;
    for (const Subset& part : parts) {
      for (std::int64_t i : part.indices()) all.push_back(i);
    }
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all, arange(n).to_vector<std::int64_t>()) << "seed " << seed;
  }
}

TEST(RandomSplit, TheSeedDecidesTheParts) {
  const auto a = random_split(numbered(50), std::array{0.5, 0.5}, 1);
  const auto b = random_split(numbered(50), std::array{0.5, 0.5}, 1);
  const auto c = random_split(numbered(50), std::array{0.5, 0.5}, 2);
  EXPECT_EQ(list(a[0]), list(b[0]));
  EXPECT_NE(list(a[0]), list(c[0]));
}

TEST(RandomSplit, TheOrderIsShuffled) {
  const auto [part] = random_split(numbered(50), std::array{1.0}, 1);
  EXPECT_FALSE(std::is_sorted(part.indices().begin(), part.indices().end()));
}

TEST(RandomSplit, LeavesTheDefaultGeneratorAlone) {
  manual_seed(3);
  random_split(numbered(50), std::array{0.5, 0.5}, 1);
  EXPECT_EQ(default_generator().state(), (Generator::State{3, 0}));
}

// As in PyTorch: each part gets floor(fraction * size), and the first parts get one more until none is left.
TEST(RandomSplit, RemainingSamplesGoToTheFirstParts) {
  const auto parts = random_split(numbered(11), std::array{0.25, 0.25, 0.25, 0.25});
  EXPECT_EQ(parts[0].size(), 3);
  EXPECT_EQ(parts[1].size(), 3);
  EXPECT_EQ(parts[2].size(), 3);
  EXPECT_EQ(parts[3].size(), 2);
}

TEST(RandomSplit, TakesLengths) {
  const auto [a, b, c] = random_split(numbered(10), std::array{7, 0, 3}, 4);
  EXPECT_EQ(a.size(), 7);
  EXPECT_EQ(b.size(), 0);
  EXPECT_EQ(c.size(), 3);
  std::set<std::int64_t> all(a.indices().begin(), a.indices().end());
  all.insert(c.indices().begin(), c.indices().end());
  EXPECT_EQ(all.size(), 10u);
}

TEST(RandomSplit, AFractionAndItsLengthAgree) {
  const auto a = random_split(numbered(10), std::array{0.7, 0.3}, 9);
  const auto b = random_split(numbered(10), std::array<std::int64_t, 2>{7, 3}, 9);
  EXPECT_EQ(list(a[1]), list(b[1]));
}

TEST(RandomSplit, AFractionOfZeroIsAnEmptyPart) {
  const auto parts = random_split(numbered(10), std::array{1.0, 0.0});
  EXPECT_EQ(parts[0].size(), 10);
  EXPECT_EQ(parts[1].size(), 0);
  const auto leftover = random_split(numbered(10), std::array{0.0, 0.55, 0.45});  // floors 0, 5, 4
  EXPECT_EQ(leftover[0].size(), 0);
  EXPECT_EQ(leftover[1].size(), 6);
}

TEST(RandomSplit, SplitsAnEmptyDataset) {
  const auto parts = random_split(numbered(0), std::array{0.5, 0.5});
  EXPECT_EQ(parts[0].size() + parts[1].size(), 0);
}

TEST(RandomSplit, RefusesInvalidFractions) {
  const TensorDataset d = numbered(10);
  expect_error<ValueError>([&] { random_split(d, std::array{0.9, 0.2}); }, "the fractions sum to 1.1");
  expect_error<ValueError>([&] { random_split(d, std::array{0.9, 0.09}); }, "sum to 0.99");
  expect_error<ValueError>([&] { random_split(d, std::array{1.5, -0.5}); }, "fraction 1.5");
  expect_error<ValueError>([&] { random_split(d, std::array{std::nan(""), 1.0}); }, "fraction nan");
}

TEST(RandomSplit, RefusesLengthsThatDoNotFit) {
  const TensorDataset d = numbered(10);
  expect_error<ValueError>([&] { random_split(d, std::array{7, 4}); }, "sum to more than the 10 samples");
  expect_error<ValueError>([&] { random_split(d, std::array{7, 2}); }, "sum to 9, but there are 10 samples");
  expect_error<ValueError>([&] { random_split(d, std::array{11, -1}); }, "10 samples");
  expect_error<ValueError>([&] { random_split(d, std::array{-1, 11}); }, "length -1 is negative");
  expect_error<ValueError>([&] { random_split(d, std::array{INT64_MAX, INT64_MAX}); }, "10 samples");
}

}  // namespace
}  // namespace xtape::data
