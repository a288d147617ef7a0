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
  const auto [a, b, c] = random_split(numbered(10), {7, 0, 3}, 4);
  EXPECT_EQ(a.size(), 7);
  EXPECT_EQ(b.size(), 0);
  EXPECT_EQ(c.size(), 3);
  std::set<std::int64_t> all(a.indices().begin(), a.indices().end());
  all.insert(c.indices().begin(), c.indices().end());
  EXPECT_EQ(all.size(), 10u);
}

TEST(RandomSplit, AFractionAndItsLengthAgree) {
  const auto a = random_split(numbered(10), {0.7, 0.3}, 9);
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

/// Classes 0, 1 and 2 with these counts, class after class.
TensorDataset classes_of(const std::vector<std::int64_t>& counts) {
  Indices labels;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
  }
  const auto n = static_cast<std::int64_t>(labels.size());
  return TensorDataset(arange(n), tensor(labels, {n}));
}

Indices counts_in(const Subset& part) { return part.targets().bincount(Tensor(), 3).to_vector<std::int64_t>(); }

Indices sorted(Indices all) {
  std::sort(all.begin(), all.end());
  return all;
}

TEST(StratifiedSplit, EveryClassHasItsFractionInEveryPart) {
  const auto [train, validation] = stratified_split(classes_of({500, 100, 10}), {0.8, 0.2}, /*seed=*/0);
  EXPECT_EQ(counts_in(train), (Indices{400, 80, 8}));
  EXPECT_EQ(counts_in(validation), (Indices{100, 20, 2}));
}

TEST(StratifiedSplit, APartHasItsShareOfAClassRoundedDownOrUpAndItsSizeIsRight) {
  const std::array fractions{0.29, 0.5, 0.21};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Indices counts{static_cast<std::int64_t>(3 + seed), static_cast<std::int64_t>(100 + 7 * seed % 50), 11};
    const TensorDataset full = classes_of(counts);
    const auto parts = stratified_split(full, fractions, seed);
    Indices all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Indices got = counts_in(parts[i]);
      for (std::size_t c = 0; c < 3; ++c) {
        const double share = fractions[i] * static_cast<double>(counts[c]);
        EXPECT_NEAR(static_cast<double>(got[c]), share, 1) << "seed " << seed << " part " << i << " class " << c;
      }
      EXPECT_NEAR(static_cast<double>(parts[i].size()), fractions[i] * static_cast<double>(full.size()), 1.5);
      const Indices part = list(parts[i]);
      all.insert(all.end(), part.begin(), part.end());
    }
    ASSERT_EQ(sorted(all), arange(full.size()).to_vector<std::int64_t>()) << "seed " << seed;
  }
}

// 0.29 * 100 is 28.999... in double.
TEST(StratifiedSplit, AWholeShareIsNotRoundedDown) {
  const auto parts = stratified_split(classes_of({100, 200}), std::array{0.29, 0.71});
  EXPECT_EQ(counts_in(parts[0]), (Indices{29, 58, 0}));
}

TEST(StratifiedSplit, TheClassesAreMixedAndTheSeedDecides) {
  const TensorDataset full = classes_of({40, 40, 40});
  const auto a = stratified_split(full, std::array{0.5, 0.5}, 1), b = stratified_split(full, std::array{0.5, 0.5}, 1),
             c = stratified_split(full, std::array{0.5, 0.5}, 2);
  EXPECT_EQ(list(a[0]), list(b[0]));
  EXPECT_NE(list(a[0]), list(c[0]));
  const Indices labels = a[0].targets().to_vector<std::int64_t>();
  EXPECT_FALSE(std::is_sorted(labels.begin(), labels.end()));
  EXPECT_NE(sorted(list(a[0])), sorted(list(c[0]))) << "not only the order depends on the seed";
}

TEST(StratifiedSplit, AFractionOfZeroIsAnEmptyPart) {
  const auto parts = stratified_split(classes_of({3, 1}), std::array{0.0, 1.0});
  EXPECT_EQ(parts[0].size(), 0);
  EXPECT_EQ(parts[1].size(), 4);
}

TEST(StratifiedSplit, RefusesWhatHasNoClasses) {
  expect_error<DTypeError>(
      [] {
        stratified_split(TensorDataset(zeros({4}), zeros({4})), std::array{0.5, 0.5});
      },
      "stratified_split: the targets are float32; classes are of an integer dtype");
  expect_error<ShapeError>(
      [] {
        stratified_split(TensorDataset(zeros({4}), zeros({4, 2}, int64)), std::array{0.5, 0.5});
      },
      "stratified_split: the targets have shape (4, 2); classes have (N)");
  expect_error<ValueError>(
      [] {
        stratified_split(classes_of({5, 1}), std::array{0.5, 0.5});
      },
      "stratified_split: class 1 has 1 samples, fewer than the 2 parts");
  expect_error<ValueError>(
      [] {
        stratified_split(classes_of({5}), std::array{0.5, 0.6});
      },
      "stratified_split: the fractions sum to 1.1");
}

TEST(KFold, HoldsEachSampleOutOnceAndTrainsOnTheOthers) {
  Indices held;
  std::vector<std::int64_t> sizes;
  for (auto& [train, held_out] : k_fold(numbered(11), 3, /*seed=*/0)) {
    Indices all = list(train);
    for (std::int64_t i : held_out.indices()) all.push_back(i);
    EXPECT_EQ(sorted(all), arange(11).to_vector<std::int64_t>());
    sizes.push_back(held_out.size());
    for (std::int64_t i : held_out.indices()) held.push_back(i);
  }
  EXPECT_EQ(sizes, (Indices{4, 4, 3}));
  EXPECT_EQ(sorted(held), arange(11).to_vector<std::int64_t>());
}

TEST(KFold, StratifiedFoldsHaveTheClassesOfTheWhole) {
  for (auto& [train, held_out] : stratified_k_fold(classes_of({50, 25, 10}), 5, 7)) {
    EXPECT_EQ(counts_in(held_out), (Indices{10, 5, 2}));
    EXPECT_EQ(counts_in(train), (Indices{40, 20, 8}));
  }
}

TEST(KFold, RefusesANumberOfFoldsThatLeavesOneEmpty) {
  expect_error<ValueError>([] { k_fold(numbered(10), 1); }, "k_fold: k is 1, it must be from 2 to the 10 samples");
  expect_error<ValueError>([] { k_fold(numbered(10), 11); }, "k_fold: k is 11");
  expect_error<ValueError>(
      [] {
        stratified_k_fold(classes_of({9, 4}), 5);
      },
      "stratified_k_fold: class 1 has 4 samples, fewer than the 5 parts");
}

}  // namespace
}  // namespace xtape::data
