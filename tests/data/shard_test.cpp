// DataLoaderOptions::shard: the ranks that train together share each batch, and nothing else changes.
#include <atomic>

#include "support/expect.hpp"
#include "xtape/data/data.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {
namespace {

using testing::expect_error;

Dataset shifted_pictures(std::int64_t n) {
  return TransformedDataset(TensorDataset(arange(n * 25).to(float32).reshape({n, 1, 5, 5}), arange(n)), RandomShift(2));
}

std::vector<Batch> batches_of(const DataLoader& loader, int epochs = 2) {
  std::vector<Batch> all;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const Batch& batch : loader) all.push_back(batch);
  }
  return all;
}

DataLoader shard_of(const Dataset& dataset, DataLoaderOptions options, std::int64_t rank, std::int64_t size) {
  options.shard = {rank, size};
  return DataLoader(dataset, options);
}

/// The slices of the ranks, one after another, are the batches of one rank.
void expect_slices(const Dataset& dataset, const DataLoaderOptions& options) {
  const DataLoader whole(dataset, options);
  const std::vector<Batch> expected = batches_of(whole);
  for (std::int64_t size = 1; size <= 5; ++size) {
    std::vector<std::vector<Batch>> slices;
    for (std::int64_t rank = 0; rank < size; ++rank) {
      const DataLoader loader = shard_of(dataset, options, rank, size);
      EXPECT_EQ(loader.size(), whole.size());
      slices.push_back(batches_of(loader));
      ASSERT_EQ(slices.back().size(), expected.size());
    }
    for (std::size_t k = 0; k < expected.size(); ++k) {
      std::vector<Tensor> x, y;
      for (std::int64_t rank = 0; rank < size; ++rank) {
        const Batch& slice = slices[static_cast<std::size_t>(rank)][k];
        const std::int64_t rows = expected[k].y.size(0);
        EXPECT_EQ(slice.y.size(0), (rank + 1) * rows / size - rank * rows / size);
        x.push_back(slice.x);
        y.push_back(slice.y);
      }
      EXPECT_TRUE(equal(cat(x), expected[k].x) && equal(cat(y), expected[k].y)) << "batch " << k << ", " << size;
    }
  }
}

TEST(Shard, TheSlicesOfAllRanksAreTheBatchesOfOne) {
  expect_slices(shifted_pictures(40), {.batch_size = 8, .seed = 3});
  expect_slices(shifted_pictures(40), {.batch_size = 8, .shuffle = true, .seed = 3});
}

TEST(Shard, ALastBatchMayHaveFewerSamplesThanThereAreRanks) {
  expect_slices(shifted_pictures(19), {.batch_size = 8, .shuffle = true});
  expect_slices(shifted_pictures(17), {.batch_size = 16, .shuffle = true});
  expect_slices(shifted_pictures(17), {.batch_size = 8, .shuffle = true, .drop_last = true});
}

TEST(Shard, SlicesWhatASamplerGives) {
  const WeightedRandomSampler sampler(std::vector<double>(20, 1.0), 27);
  expect_slices(shifted_pictures(20), {.batch_size = 6, .sampler = sampler, .seed = 4});
}

TEST(Shard, WorkersGiveTheSameSlices) {
  const Dataset dataset = shifted_pictures(33);
  for (std::int64_t rank = 0; rank < 3; ++rank) {
    const DataLoaderOptions options{.batch_size = 8, .shuffle = true};
    DataLoaderOptions with_workers = options;
    with_workers.num_workers = 2;
    const std::vector<Batch> a = batches_of(shard_of(dataset, options, rank, 3)),
                             b = batches_of(shard_of(dataset, with_workers, rank, 3));
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) EXPECT_TRUE(equal(a[k].x, b[k].x) && equal(a[k].y, b[k].y));
  }
}

/// Makes no batch of nothing.
struct NeedsSamples {
  std::int64_t size() const { return 9; }
  Batch batch(std::span<const std::int64_t> indices) const {
    if (indices.empty()) throw std::runtime_error("a batch of nothing");
    const auto n = static_cast<std::int64_t>(indices.size());
    return {zeros({n, 2, 3}, {.dtype = float64}), zeros({n, 4}, {.dtype = int32})};
  }
};

TEST(Shard, AnEmptySliceHasTheShapeAndDTypesOfABatchWithoutRows) {
  const std::vector<Batch> batches = batches_of(DataLoader(NeedsSamples{}, {.batch_size = 4, .shard = {1, 3}}), 1);
  const auto& [x, y] = batches.back();
  EXPECT_EQ(x.shape(), (Shape{0, 2, 3}));
  EXPECT_EQ(y.shape(), (Shape{0, 4}));
  EXPECT_EQ(x.dtype(), float64);
  EXPECT_EQ(y.dtype(), int32);
}

/// Counts the samples that it is asked for.
struct Counting {
  std::shared_ptr<std::atomic<std::int64_t>> asked = std::make_shared<std::atomic<std::int64_t>>(0);
  std::int64_t size() const { return 32; }
  Batch batch(std::span<const std::int64_t> indices) const {
    *asked += static_cast<std::int64_t>(indices.size());
    return TensorDataset(arange(32), arange(32)).batch(indices);
  }
};

TEST(Shard, ARankMakesItsOwnSamplesAlone) {
  const Counting dataset;
  batches_of(DataLoader(dataset, {.batch_size = 8, .shard = {1, 4}}), 1);
  EXPECT_EQ(*dataset.asked, 8);
}

TEST(Shard, ARunGoesOnWithAnotherNumberOfRanks) {
  const Dataset dataset = shifted_pictures(40);
  const DataLoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 7};
  const DataLoader before = shard_of(dataset, options, 1, 4);
  auto i = before.begin();
  for (int taken = 0; taken < 2; ++taken) *i, ++i;
  DataLoader after = shard_of(dataset, options, 1, 2);
  after.load_state_dict(before.state_dict());
  const Tensor third = batches_of(DataLoader(dataset, options), 1)[2].y;
  EXPECT_TRUE(equal((*after.begin()).y, narrow(third, 0, 4, 4)));
}

TEST(Shard, RefusesARankThatThereIsNotAndBatchesSmallerThanTheRanks) {
  const TensorDataset dataset(arange(9), arange(9));
  const auto loader_of = [&dataset](std::int64_t batch_size, Shard shard) {
    return [&dataset, batch_size, shard] { DataLoader(dataset, {.batch_size = batch_size, .shard = shard}); };
  };
  expect_error<ValueError>(loader_of(4, {2, 2}),
                           "DataLoader: shard is {rank = 2, size = 2}; expected 0 <= rank < size");
  expect_error<ValueError>(loader_of(4, {-1, 2}),
                           "DataLoader: shard is {rank = -1, size = 2}; expected 0 <= rank < size");
  expect_error<ValueError>(loader_of(4, {0, 0}),
                           "DataLoader: shard is {rank = 0, size = 0}; expected 0 <= rank < size");
  expect_error<ValueError>(loader_of(4, {0, 5}),
                           "DataLoader: batch_size is 4, but 5 ranks share each batch; it must be at least the number "
                           "of ranks");
}

}  // namespace
}  // namespace xtape::data
