#include "xtape/data/loader.hpp"

#include <algorithm>
#include <memory>

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

TEST(DataLoader, SetEpochResumesInTheMiddle) {
  DataLoader loader(numbered_rows(50), {.batch_size = 8, .shuffle = true});
  for (int epoch = 0; epoch < 3; ++epoch) epoch_of(loader);
  const Values fourth = epoch_of(loader), fifth = epoch_of(loader);
  for (std::int64_t batch = 0; batch <= loader.size(); ++batch) {
    loader.set_epoch(3, batch);
    EXPECT_EQ(loader.epoch(), 3);
    const Values rest(fourth.begin() + std::min<std::int64_t>(8 * batch, 50), fourth.end());
    EXPECT_EQ(epoch_of(loader), rest) << batch;
    EXPECT_EQ(loader.epoch(), 4);
    EXPECT_EQ(epoch_of(loader), fifth);
  }
}

// ---- state -------------------------------------------------------------------------------------------------------

/// "3:17" for batch 17 of epoch 3.
std::string place_of(const DataLoader& loader) {
  const StateDict state = loader.state_dict();
  return std::to_string(state["epoch"].item<std::int64_t>()) + ":" +
         std::to_string(state["batch"].item<std::int64_t>());
}

TEST(DataLoader, CountsABatchOnceTheLoopHasTakenIt) {
  DataLoader loader(numbered_rows(10), {.batch_size = 4});
  EXPECT_EQ(place_of(loader), "0:0");
  auto i = loader.begin();
  EXPECT_EQ(place_of(loader), "0:0");
  *i;
  EXPECT_EQ(place_of(loader), "0:1");
  *i;
  EXPECT_EQ(place_of(loader), "0:1");
  ++i;
  EXPECT_EQ(place_of(loader), "0:1");
  ++i;  // skips a batch
  EXPECT_EQ(place_of(loader), "0:2");
  *i;  // the last
  EXPECT_EQ(place_of(loader), "0:3");
  ++i;
  EXPECT_EQ(place_of(loader), "0:3");
  EXPECT_TRUE(i == loader.end());
}

TEST(DataLoader, DoesWhatFollowsAnEpochAfterItsLastBatch) {
  StateDict state;
  DataLoader loader(numbered_rows(3));
  for (auto [x, y] : loader) state = loader.state_dict();
  EXPECT_EQ(place_of(loader), "1:0");
  loader.load_state_dict(state);
  EXPECT_EQ(loader.epoch(), 0);
  EXPECT_EQ(epoch_of(loader), Values{});
  EXPECT_EQ(epoch_of(loader), (Values{0, 1, 2}));
}

TEST(DataLoader, ContinuesWithTheNextBatch) {
  const DataLoader whole(numbered_rows(50), {.batch_size = 8, .shuffle = true, .seed = 3});
  const Values first = epoch_of(whole), second = epoch_of(whole);
  Values seen;
  StateDict state;
  {
    DataLoader loader(numbered_rows(50), {.batch_size = 8, .shuffle = true, .seed = 3});
    for (auto [x, y] : loader) {
      for (const std::int64_t i : y.to_vector<std::int64_t>()) seen.push_back(i);
      state = loader.state_dict();
      if (seen.size() == 24) break;
    }
  }
  DataLoader resumed(numbered_rows(50), {.batch_size = 8, .shuffle = true, .seed = 4});
  resumed.load_state_dict(state);
  EXPECT_EQ(resumed.options().seed, 3u);
  EXPECT_EQ(resumed.epoch(), 0);
  for (const std::int64_t i : epoch_of(resumed)) seen.push_back(i);
  EXPECT_EQ(seen, first);
  EXPECT_EQ(epoch_of(resumed), second);
}

TEST(DataLoader, ABrokenLoopIsOver) {
  const DataLoader loader(numbered_rows(10));
  for (auto [x, y] : loader) {
    EXPECT_EQ(place_of(loader), "0:1");
    break;
  }
  EXPECT_EQ(place_of(loader), "1:0");
  try {
    for (auto [x, y] : loader) throw std::runtime_error("stop");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(place_of(loader), "2:0");
}

TEST(DataLoader, CountsTheLoopBegunLast) {
  const DataLoader loader(numbered_rows(10));
  for (auto [x, y] : loader) {
    for (auto [u, v] : loader) {
      EXPECT_EQ(place_of(loader), "1:1");
      break;
    }
    EXPECT_EQ(place_of(loader), "2:0");
    break;
  }
  EXPECT_EQ(place_of(loader), "2:0");
  auto i = loader.begin();
  *i;
  auto copy = i;
  i = loader.begin();
  *copy;
  EXPECT_EQ(place_of(loader), "3:0");
}

TEST(DataLoader, SettingAPlaceForgetsTheLoop) {
  DataLoader loader(numbered_rows(10));
  int batches = 0;
  for (auto [x, y] : loader) {
    if (++batches == 2) loader.set_epoch(7, 3);
  }
  EXPECT_EQ(batches, 10);
  EXPECT_EQ(place_of(loader), "7:3");
  EXPECT_EQ(epoch_of(loader), (Values{3, 4, 5, 6, 7, 8, 9}));
}

TEST(DataLoader, AnIteratorMayOutliveItsLoader) {
  auto loader = std::make_unique<DataLoader>(numbered_rows(3));
  auto i = loader->begin();
  loader.reset();
  ++i;
  EXPECT_EQ((*i).y.item<std::int64_t>(), 1);
}

TEST(DataLoader, CountsEpochsWithoutBatches) {
  const DataLoader loader(numbered_rows(0));
  EXPECT_EQ(epoch_of(loader), Values{});
  EXPECT_EQ(place_of(loader), "1:0");
}

TEST(DataLoader, RefusesTheStateOfAnotherOrder) {
  DataLoader loader(numbered_rows(10), {.batch_size = 2, .shuffle = true});
  loader.set_epoch(3, 1);
  const DataLoader shorter(numbered_rows(9), {.batch_size = 3, .drop_last = true});
  expect_error<ValueError>([&] { loader.load_state_dict(shorter.state_dict()); },
                           "DataLoader: the state is of samples = 9, batch_size = 3, shuffle = 0, drop_last = 1, "
                           "sampler = 0; this loader has 10, 2, 1, 0, 0");
  expect_error<ValueError>([&] { loader.load_state_dict({}); }, "DataLoader: the state has no entry \"epoch\"");
  EXPECT_EQ(place_of(loader), "3:1");
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
  DataLoader loader(numbered_rows(10), {.batch_size = 3});
  expect_error<ValueError>([&] { loader.set_epoch(0, -1); },
                           "DataLoader: batch -1 is outside [0, 4], the batches of an epoch");
  expect_error<ValueError>([&] { loader.set_epoch(0, 5); },
                           "DataLoader: batch 5 is outside [0, 4], the batches of an epoch");
  expect_error<ValueError>([&] { loader.set_epoch(INT64_MAX); },
                           "DataLoader: epoch 9223372036854775807 is beyond 9007199254740992");
}

}  // namespace
}  // namespace xtape::data
