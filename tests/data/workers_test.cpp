// A DataLoader with num_workers is one without, only sooner.
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "support/expect.hpp"
#include "xtape/data/data.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using Order = std::vector<std::int64_t>;

TensorDataset rows(std::int64_t n) { return TensorDataset(arange(n, {.dtype = float32}), arange(n)); }

Dataset noisy_pictures() {
  const Tensor x = rand({50, 1, 9, 9});
  return TransformedDataset(TensorDataset(x, arange(50)), Compose{RandomShift(2), RandomRotation(20), RandomErasing()});
}

Order targets_of(const DataLoader& loader) {
  Order all;
  for (auto [x, y] : loader) {
    for (std::int64_t i : y.to_vector<std::int64_t>()) all.push_back(i);
  }
  return all;
}

std::int64_t running_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

/// Threads that have been joined may be listed for a moment longer.
std::int64_t threads_at_rest() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return running_threads();
}
void expect_threads(std::int64_t expected) {
  for (int k = 0; k < 1000 && running_threads() != expected; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(running_threads(), expected);
}

TEST(Workers, GiveTheSameBitsHoweverManyTheyAre) {
  const Dataset dataset = noisy_pictures();
  for (const bool shuffle : {false, true}) {
    for (const std::int64_t batch_size : {1, 7, 50}) {
      const auto epochs = [&](std::int64_t workers) {
        const DataLoader loader(dataset,
                                {.batch_size = batch_size, .shuffle = shuffle, .num_workers = workers, .seed = 3});
        EXPECT_EQ(loader.options().num_workers, workers);
        std::vector<Tensor> x, y;
        for (int epoch = 0; epoch < 2; ++epoch) {
          for (auto batch : loader) x.push_back(batch.x), y.push_back(batch.y);
        }
        return std::pair(cat(x), cat(y));
      };
      const auto [x, y] = epochs(0);
      EXPECT_FALSE(equal(narrow(x, 0, 0, 50), narrow(x, 0, 50, 50)));
      for (const std::int64_t workers : {1, 2, 7}) {
        const auto [u, v] = epochs(workers);
        EXPECT_TRUE(equal(u, x) && equal(v, y)) << workers << " workers, batches of " << batch_size;
      }
    }
  }
}

TEST(Workers, LeaveASampleAsItIsInAnyBatch) {
  const Dataset dataset = noisy_pictures();
  std::vector<Tensor> samples(50);
  for (const std::int64_t batch_size : {8, 3, 50}) {
    const DataLoader loader(dataset, {.batch_size = batch_size, .shuffle = batch_size != 8, .num_workers = 2});
    for (auto [x, y] : loader) {
      for (std::int64_t i = 0; i < y.size(0); ++i) {
        Tensor& sample = samples[static_cast<std::size_t>(y[i].item<std::int64_t>())];
        EXPECT_TRUE(!sample.defined() || equal(sample, x[i]));
        sample = x[i];
      }
    }
  }
}

struct DiskOnFire {
  std::int64_t sample;
};

/// Sample 5 cannot be read.
struct Unreadable {
  std::int64_t size() const { return 10; }
  Batch batch(std::span<const std::int64_t> indices) const {
    for (std::int64_t i : indices) {
      if (i == 5) throw DiskOnFire{i};
    }
    return rows(10).batch(indices);
  }
};

TEST(Workers, LetAnExceptionOfTheDatasetWaitForItsBatch) {
  for (const std::int64_t workers : {0, 1, 2, 7}) {
    const DataLoader loader(Unreadable{}, {.batch_size = 2, .num_workers = workers});
    Order seen;
    int errors = 0;
    for (auto i = loader.begin(); i != loader.end(); ++i) {
      try {
        for (std::int64_t k : (*i).y.to_vector<std::int64_t>()) seen.push_back(k);
      } catch (const DiskOnFire& fire) {
        EXPECT_EQ(fire.sample, 5);
        EXPECT_EQ(seen.size(), 4u) << workers << " workers";
        EXPECT_THROW(*i, DiskOnFire);  // and once more
        ++errors;
      }
    }
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(seen, (Order{0, 1, 2, 3, 6, 7, 8, 9}));
  }
}

TEST(Workers, EndWithTheLoop) {
  const std::int64_t before = threads_at_rest();
  const DataLoader loader(rows(100), {.num_workers = 3});
  for (auto [x, y] : loader) {
    EXPECT_EQ(running_threads(), before + 3);
    break;
  }
  expect_threads(before);
  try {
    for (auto [x, y] : loader) throw DiskOnFire{y.item<std::int64_t>()};
  } catch (const DiskOnFire& fire) {
    EXPECT_EQ(fire.sample, 0);
  }
  expect_threads(before);
  {
    auto i = loader.begin();
    auto copy = i;
    i = loader.begin();  // ends the first loop but for its copy
    EXPECT_EQ(running_threads(), before + 6);
    copy = i;
    expect_threads(before + 3);
  }
  expect_threads(before);
  { const auto never_used = loader.begin(); }
  EXPECT_THROW(targets_of(DataLoader(Unreadable{}, {.num_workers = 2})), DiskOnFire);
  expect_threads(before);
}

TEST(Workers, AreNoMoreThanThereAreBatches) {
  const std::int64_t before = threads_at_rest();
  DataLoader loader(rows(4), {.batch_size = 2, .num_workers = INT64_MAX});
  const auto i = loader.begin();
  EXPECT_LE(running_threads(), before + 2);
  loader.set_epoch(0, 2);
  EXPECT_EQ(targets_of(loader), Order{});
  EXPECT_EQ(targets_of(loader), (Order{0, 1, 2, 3}));
  EXPECT_EQ(targets_of(DataLoader(rows(0), {.num_workers = 2})), Order{});
}

TEST(Workers, CountTheBatchesThatTheLoopHasTaken) {
  const auto places = [](std::int64_t workers) {
    DataLoader loader(noisy_pictures(), {.batch_size = 8, .shuffle = true, .num_workers = workers});
    std::vector<Tensor> all;
    const auto note = [&] {
      for (const auto& [name, value] : loader.state_dict()) all.push_back(value.clone());
    };
    note();
    for (auto i = loader.begin(); i != loader.end(); ++i) {
      note();
      *i;
      note();
    }
    for (auto [x, y] : loader) {
      note();
      break;
    }
    note();
    loader.set_epoch(5, 3);
    note();
    for (auto [x, y] : loader) note();
    return all;
  };
  const std::vector<Tensor> expected = places(0);
  for (const std::int64_t workers : {1, 3}) {
    const std::vector<Tensor> all = places(workers);
    ASSERT_EQ(all.size(), expected.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(equal(all[i], expected[i])) << "number " << i;
  }
}

TEST(Workers, ContinueInTheMiddleOfAnEpoch) {
  const Dataset dataset = noisy_pictures();
  std::vector<Tensor> whole;
  StateDict state;
  DataLoader loader(dataset, {.batch_size = 8, .shuffle = true, .num_workers = 2, .seed = 9});
  for (auto [x, y] : loader) {
    whole.push_back(x);
    if (whole.size() == 3) state = loader.state_dict();
  }
  for (const std::int64_t workers : {0, 2}) {
    DataLoader resumed(dataset, {.batch_size = 8, .shuffle = true, .num_workers = workers});
    resumed.load_state_dict(state);
    std::size_t next = 3;
    for (auto [x, y] : resumed) EXPECT_TRUE(equal(x, whole.at(next++)));
    EXPECT_EQ(next, whole.size());
  }
}

TEST(Workers, GiveFreshTensorsAtEachCall) {
  const DataLoader loader(noisy_pictures(), {.batch_size = 8, .num_workers = 2});
  auto i = loader.begin(), behind = i;
  const Batch first = *i, again = *i;
  EXPECT_TRUE(equal(first.x, again.x));
  first.x.zero_();
  EXPECT_FALSE(equal(first.x, again.x));
  EXPECT_TRUE(equal((*behind).x, again.x));
  ++i, ++i;  // skips a batch, which the copy then takes
  const Batch third = *i;
  ++behind;
  expect_close((*behind).y, {8, 9, 10, 11, 12, 13, 14, 15});
  ++behind;
  EXPECT_TRUE(equal((*behind).x, third.x));
  for (int k = 0; k < 4; ++k) ++i;  // beyond all that can be ready
  expect_close((*i).y, {48, 49});
}

/// Every sample takes a while, the first one longer.
struct Slow {
  std::shared_ptr<std::atomic<bool>> begun = std::make_shared<std::atomic<bool>>(false);
  std::int64_t size() const { return 6; }
  Batch batch(std::span<const std::int64_t> indices) const {
    *begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(indices[0] == 0 ? 50 : 10));
    return rows(6).batch(indices);
  }
};

TEST(Workers, ForgetABatchThatIsSkippedWhileTheyMakeIt) {
  const Slow dataset;
  auto i = DataLoader(dataset, {.num_workers = 1}).begin();
  while (!*dataset.begun) std::this_thread::yield();
  ++i, ++i;
  expect_close((*i).y, {2});
  ++i;
  expect_close((*i).y, {3});
}

TEST(Workers, ServeTwoLoopsAtOnce) {
  const DataLoader loader(rows(6), {.batch_size = 2, .num_workers = 2});
  Order outer, inner;
  for (auto [x, y] : loader) {
    for (auto [u, v] : loader) inner.push_back(v[0].item<std::int64_t>());
    outer.push_back(y[0].item<std::int64_t>());
  }
  EXPECT_EQ(outer, (Order{0, 2, 4}));
  EXPECT_EQ(inner, (Order{0, 2, 4, 0, 2, 4, 0, 2, 4}));
  EXPECT_EQ(loader.epoch(), 4);
}

TEST(Workers, MayOutliveTheLoader) {
  auto i = DataLoader(rows(6), {.batch_size = 2, .num_workers = 2}).begin();
  ++i;
  const Batch kept = *i;
  i = DataLoader(rows(6), {.batch_size = 2, .num_workers = 1}).begin();
  expect_close(kept.y, {2, 3});
}

/// Notes how many batches have been begun.
struct Watched {
  std::shared_ptr<std::atomic<std::int64_t>> begun = std::make_shared<std::atomic<std::int64_t>>(0);
  std::int64_t size() const { return 40; }
  Batch batch(std::span<const std::int64_t> indices) const {
    ++*begun;
    EXPECT_FALSE(is_grad_enabled());
    return rows(40).batch(indices);
  }
};

TEST(Workers, AreAtMostTwoBatchesEachAhead) {
  const Watched dataset;
  for (const std::int64_t workers : {1, 3}) {
    *dataset.begun = 0;
    std::int64_t taken = 0;
    for (auto [x, y] : DataLoader(dataset, {.num_workers = workers})) {
      ++taken;
      if (taken % 10 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      EXPECT_LE(*dataset.begun, taken + 2 * workers);
    }
    EXPECT_EQ(*dataset.begun, 40);
  }
}

TEST(Workers, LeaveTheCallersModeAndGeneratorAlone) {
  const Dataset pictures = noisy_pictures();
  manual_seed(7);
  for (const std::int64_t workers : {0, 2}) {
    for (auto [x, y] : DataLoader(Watched(), {.num_workers = workers})) EXPECT_TRUE(is_grad_enabled());
    targets_of(DataLoader(pictures, {.shuffle = true, .num_workers = workers}));
  }
  EXPECT_EQ(default_generator().state(), (Generator::State{7, 0}));
}

/// No thread can be started while it lives: their stacks would be larger than the address space.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge = usual_;
    EXPECT_EQ(pthread_attr_setstacksize(&huge, std::size_t{1} << 56), 0);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
  }
  ~NoMoreThreads() { pthread_setattr_default_np(&usual_); }

 private:
  pthread_attr_t usual_;
};

TEST(Workers, AreDoneWithoutWhereTheSystemGrantsNone) {
  const DataLoader loader(rows(5), {.batch_size = 2, .num_workers = 2});
  {
    const NoMoreThreads none;
    EXPECT_THROW(std::thread([] {}), std::system_error);
    const std::int64_t before = running_threads();
    EXPECT_EQ(targets_of(loader), (Order{0, 1, 2, 3, 4}));
    EXPECT_EQ(running_threads(), before);
  }
  EXPECT_EQ(targets_of(loader), (Order{0, 1, 2, 3, 4}));
}

TEST(Workers, AreNotFewerThanNone) {
  expect_error<ValueError>([] { DataLoader(rows(3), {.num_workers = -1}); },
                           "DataLoader: num_workers is -1, it must not be negative");
}

}  // namespace
}  // namespace xtape::data
