#include "xtape/data/loader.hpp"

#include <algorithm>

#include "support/expect.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using Values = std::vector<std::int64_t>;

TensorDataset numbered_rows(std::int64_t n) { return TensorDataset(arange(n).to(float32), arange(n)); }

/// The samples of one epoch, in order.
Values epoch_of(const DataLoader& loader) {
  Values seen;
  for (auto [x, y] : loader) {
    EXPECT_TRUE(equal(x.to(int64), y));
    for (std::int64_t i : y.to_vector<std::int64_t>()) seen.push_back(i);
  }
  return seen;
}

TEST(DataLoader, GivesBatchesInOrderAndTheLastPartialOne) {
  const DataLoader loader(numbered_rows(7), {.batch_size = 3});
  EXPECT_EQ(loader.size(), 3);
  std::vector<Values> batches;
  for (auto [x, y] : loader) batches.push_back(y.to_vector<std::int64_t>());
  EXPECT_EQ(batches, (std::vector<Values>{{0, 1, 2}, {3, 4, 5}, {6}}));
}

TEST(DataLoader, DropsTheLastPartialBatchOnRequest) {
  const DataLoader loader(numbered_rows(7), {.batch_size = 3, .drop_last = true});
  EXPECT_EQ(loader.size(), 2);
  EXPECT_EQ(epoch_of(loader), (Values{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(DataLoader(numbered_rows(6), {.batch_size = 3, .drop_last = true}).size(), 2);
}

TEST(DataLoader, CountsBatches) {
  for (std::int64_t n : {0, 1, 5, 6}) {
    for (std::int64_t b : {1, 2, 3, 100}) {
      for (bool drop_last : {false, true}) {
        const DataLoader loader(numbered_rows(n), {.batch_size = b, .drop_last = drop_last});
        std::int64_t count = 0;
        for (auto [x, y] : loader) count += x.size(0) > 0;
        EXPECT_EQ(loader.size(), count) << n << " by " << b;
        EXPECT_EQ(count, drop_last ? n / b : (n + b - 1) / b);
      }
    }
  }
}

TEST(DataLoader, ShufflesWithoutLosingASample) {
  const DataLoader loader(numbered_rows(100), {.batch_size = 7, .shuffle = true});
  Values seen = epoch_of(loader);
  EXPECT_FALSE(std::is_sorted(seen.begin(), seen.end()));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, arange(100).to_vector<std::int64_t>());
}

TEST(DataLoader, EachEpochHasItsOwnOrder) {
  const DataLoader loader(numbered_rows(50), {.batch_size = 8, .shuffle = true, .seed = 3});
  const Values first = epoch_of(loader), second = epoch_of(loader);
  EXPECT_NE(first, second);
  const DataLoader again(numbered_rows(50), {.batch_size = 8, .shuffle = true, .seed = 3});
  EXPECT_EQ(epoch_of(again), first);
  EXPECT_EQ(epoch_of(again), second);
}

TEST(DataLoader, TheSeedDecidesTheOrder) {
  const DataLoader a(numbered_rows(50), {.shuffle = true, .seed = 3});
  const DataLoader b(numbered_rows(50), {.shuffle = true, .seed = 4});
  EXPECT_NE(epoch_of(a), epoch_of(b));
}

TEST(DataLoader, TheOrderDoesNotDependOnTheBatchSize) {
  const DataLoader a(numbered_rows(50), {.batch_size = 7, .shuffle = true}), b(numbered_rows(50), {.shuffle = true});
  EXPECT_EQ(epoch_of(a), epoch_of(b));
}

TEST(DataLoader, TheOrderDoesNotDependOnHowFarAnEarlierLoopWent) {
  const DataLoader whole(numbered_rows(50), {.shuffle = true}), broken(numbered_rows(50), {.shuffle = true});
  epoch_of(whole);
  for (auto [x, y] : broken) {
    if (x.defined()) break;
  }
  EXPECT_EQ(epoch_of(broken), epoch_of(whole));
}

TEST(DataLoader, SetEpochResumes) {
  DataLoader loader(numbered_rows(50), {.shuffle = true});
  EXPECT_EQ(loader.epoch(), 0);
  epoch_of(loader);
  epoch_of(loader);
  EXPECT_EQ(loader.epoch(), 2);
  const Values third = epoch_of(loader);
  DataLoader resumed(numbered_rows(50), {.shuffle = true});
  resumed.set_epoch(2);
  EXPECT_EQ(epoch_of(resumed), third);
  EXPECT_EQ(resumed.epoch(), 3);
}

// SEMANTICS [33]: neither shuffling nor validation draws from the generator that training uses.
TEST(DataLoader, NeverDrawsFromTheDefaultGenerator) {
  manual_seed(3);
  epoch_of(DataLoader(numbered_rows(50), {.shuffle = true, .seed = 3}));
  EXPECT_EQ(default_generator().state(), (Generator::State{3, 0}));
}

TEST(DataLoader, ABatchOutlivesTheLoopAndTheLoader) {
  std::vector<Batch> kept;
  {
    const DataLoader loader(numbered_rows(4), {.batch_size = 2});
    for (auto batch : loader) kept.push_back(batch);
    kept[0].x.zero_();
    for (auto batch : loader) kept.push_back(batch);
  }
  expect_close(kept[0].x, {0, 0});
  expect_close(kept[1].x, {2, 3});
  expect_close(kept[2].x, {0, 1});
}

TEST(DataLoader, LoopsMayBeNested) {
  const DataLoader loader(numbered_rows(3));
  std::int64_t pairs = 0;
  for (auto [x, y] : loader) {
    for (auto [u, v] : loader) pairs += (x.item<float>() >= 0 && u.item<float>() >= 0);
  }
  EXPECT_EQ(pairs, 9);
}

TEST(DataLoader, CopiesShareTheCountOfEpochs) {
  const DataLoader loader(numbered_rows(3));
  const DataLoader copy = loader;
  epoch_of(loader);
  EXPECT_EQ(copy.epoch(), 1);
  EXPECT_EQ(copy.dataset().size(), 3);
  EXPECT_EQ(copy.options().batch_size, 1);
}

struct Failing {
  std::int64_t size() const { return 2; }
  Batch batch(std::span<const std::int64_t> indices) const {
    if (indices[0] == 1) throw std::runtime_error("disk on fire");
    return {zeros({1}), zeros({1})};
  }
};

TEST(DataLoader, AnExceptionOfTheDatasetReachesTheCaller) {
  const DataLoader loader(Failing{});
  int seen = 0;
  EXPECT_THROW(for (auto [x, y] : loader) seen += x.defined() && y.defined(), std::runtime_error);
  EXPECT_EQ(seen, 1);
}

TEST(DataLoader, RefusesInvalidBatchSizesAndEpochs) {
  expect_error<ValueError>([] { DataLoader(numbered_rows(3), {.batch_size = 0}); }, "DataLoader: batch_size is 0");
  expect_error<ValueError>([] { DataLoader(numbered_rows(3), {.batch_size = -4}); }, "batch_size is -4");
  expect_error<ValueError>([] { DataLoader(numbered_rows(3)).set_epoch(-1); }, "epoch -1 is negative");
}

}  // namespace
}  // namespace xtape::data
