#include "xtape/data/sampler.hpp"

#include <algorithm>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_errors;
using Indices = std::vector<std::int64_t>;

TensorDataset counting(std::int64_t n) { return TensorDataset(arange(n), arange(n)); }

/// The targets that an epoch of the loader meets, in order.
Indices samples_met(const DataLoader& loader) {
  Indices met;
  for (auto [x, y] : loader) {
    for (std::int64_t i : y.to_vector<std::int64_t>()) met.push_back(i);
  }
  return met;
}

TEST(WeightedRandomSampler, DrawsEachSampleAsOftenAsItsWeightSays) {
  const Indices drawn = WeightedRandomSampler({1, 0, 3, 4}, 80000).indices(/*seed=*/1, /*epoch=*/0);
  ASSERT_EQ(drawn.size(), 80000u);
  const Tensor counts = tensor(drawn).bincount(Tensor(), 4);
  expect_close(counts.to(float64) / 80000, {.125, 0, .375, .5}, 0.01);
}

TEST(WeightedRandomSampler, WithoutReplacementEverySampleOccursOnce) {
  Indices drawn = WeightedRandomSampler({1, 0, 3, 4, 1e-9}, 4, /*replacement=*/false).indices(1, 0);
  EXPECT_EQ(drawn.back(), 4) << "the smallest weight";
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(drawn, (Indices{0, 2, 3, 4}));
}

TEST(WeightedRandomSampler, SeedAndEpochDecideAndNothingElse) {
  const WeightedRandomSampler sampler(ones({100}, int64), 50);
  manual_seed(3);
  const Indices a = sampler.indices(7, 2);
  EXPECT_EQ(default_generator().state(), (Generator::State{3, 0}));
  manual_seed(4);
  EXPECT_EQ(sampler.indices(7, 2), a);
  EXPECT_NE(sampler.indices(7, 3), a);
  EXPECT_NE(sampler.indices(8, 2), a);
}

TEST(WeightedRandomSampler, KeepsItsOwnWeights) {
  Tensor weights = ones({4});
  const WeightedRandomSampler sampler(weights, 100);
  weights.copy_(tensor({1, 0, 0, 0}));
  EXPECT_NE(sampler.indices(0, 0), Indices(100, 0));
}

TEST(WeightedRandomSampler, RefusesWeightsThatCannotBeDrawnFrom) {
  expect_errors({
      {"ValueError: multinomial: p[1] = -1, expected a finite number that is not negative",
       [] {
         WeightedRandomSampler({1, -1}, 1);
       }},
      {"ValueError: multinomial: no element of p is positive",
       [] {
         WeightedRandomSampler({0, 0}, 1);
       }},
      {"ValueError: multinomial: num_samples is 0, it must be positive",
       [] {
         WeightedRandomSampler({1, 1}, 0);
       }},
      {"ValueError: multinomial: num_samples is 2, but only 1 elements of p are positive; set replacement?",
       [] {
         WeightedRandomSampler({1, 0}, 2, false);
       }},
      {"ValueError: WeightedRandomSampler: the tensor is undefined; has backward run?",
       [] { WeightedRandomSampler(Tensor(), 1); }},
      {"ShapeError: WeightedRandomSampler: expected weights of shape (N), got (2, 2)",
       [] {
         WeightedRandomSampler(ones({2, 2}), 1);
       }},
  });
}

TEST(ClassBalancedSampler, DrawsEveryClassEquallyOften) {
  const Tensor labels = cat({full({900}, 2, int64), full({90}, -1, int64), full({10}, 5, int64)});
  const TensorDataset rare(arange(1000), labels);
  const ClassBalancedSampler sampler(rare, 30000);
  const Tensor met = labels.index_select(0, tensor(sampler.indices(0, 0)));
  for (int label : {2, -1, 5}) {
    EXPECT_NEAR((met == label).to(float64).mean().item(), 1.0 / 3, 0.01) << "class " << label;
  }
  EXPECT_EQ(ClassBalancedSampler(rare).size(), 1000);
  expect_error<ValueError>([] { ClassBalancedSampler(counting(0)); },
                           "ClassBalancedSampler: the dataset has no samples");
  expect_error<DTypeError>([] { ClassBalancedSampler(TensorDataset(zeros({2}), zeros({2}))); },
                           "ClassBalancedSampler: the targets are float32; classes are of an integer dtype");
}

TEST(DataLoader, TakesItsSamplesFromASampler) {
  const DataLoader loader(counting(10), {.batch_size = 3, .sampler = WeightedRandomSampler(arange(10), 7), .seed = 5});
  EXPECT_EQ(loader.size(), 3);
  EXPECT_EQ(samples_met(loader), WeightedRandomSampler(arange(10), 7).indices(5, 0));
  EXPECT_EQ(samples_met(loader), WeightedRandomSampler(arange(10), 7).indices(5, 1));
}

/// A user's sampler: two members, no base class.
struct Backwards {
  std::int64_t n;
  std::int64_t size() const { return n; }
  Indices indices(std::uint64_t, std::uint64_t) const {
    Indices all;
    for (std::int64_t i = n; i-- > 0;) all.push_back(i);
    return all;
  }
};

TEST(DataLoader, TakesAnySamplerAndContinuesInIt) {
  const DataLoaderOptions options{.batch_size = 2, .sampler = Backwards{5}};
  DataLoader loader(counting(5), options);
  EXPECT_EQ(samples_met(loader), (Indices{4, 3, 2, 1, 0}));
  loader.set_epoch(0, 1);
  EXPECT_EQ(samples_met(loader), (Indices{2, 1, 0}));
}

TEST(DataLoader, RefusesASamplerThatDoesNotFit) {
  expect_error<ValueError>([] { DataLoader(counting(3), {.shuffle = true, .sampler = Backwards{3}}); },
                           "DataLoader: shuffle is set beside a sampler, which decides the order; leave one out");
  expect_error<IndexError>([] { DataLoader(counting(3), {.sampler = Backwards{4}}).begin(); },
                           "DataLoader: the sampler gives sample 3, outside [0, 3)");
  expect_error<ValueError>(
      [] {
        DataLoader(counting(3), {.sampler = WeightedRandomSampler({1, 2}, 9)});
      },
      "DataLoader: the sampler is made for 2 samples, the dataset has 3; a WeightedRandomSampler takes one weight "
      "for each sample, not for each class");
  struct Short : Backwards {
    std::int64_t size() const { return 5; }
  };
  DataLoader loader(counting(3), {.sampler = Short{{2}}});
  loader.set_epoch(4, 1);
  expect_error<ValueError>([&loader] { loader.begin(); }, "DataLoader: the sampler gives 2 samples, its size is 5");
  EXPECT_EQ(loader.epoch(), 4) << "the epoch has not begun";
  expect_close(loader.state_dict()["batch"], {1});
}

}  // namespace
}  // namespace xtape::data
