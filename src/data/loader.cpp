// The DataLoader's order of samples: one permutation for each epoch, from the stream of (seed, epoch).
#include "xtape/data/loader.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

#include "core/fail.hpp"
#include "kernels/random.hpp"

namespace xtape::data {

struct DataLoader::State {
  State(Dataset d, const DataLoaderOptions& o) : dataset(std::move(d)), options(o) {}
  const Dataset dataset;
  const DataLoaderOptions options;
  std::atomic<std::int64_t> epoch{0};
};

/// One epoch. Holds the dataset, so that an iterator may outlive its loader.
struct DataLoader::Iterator::Order {
  Dataset dataset;
  std::int64_t batch_size;
  std::vector<std::int64_t> samples;
};

DataLoader::DataLoader(Dataset dataset, DataLoaderOptions options)
    : state_(std::make_shared<State>(std::move(dataset), options)) {
  if (options.batch_size < 1) {
    fail<ValueError>("DataLoader", "batch_size is {}, it must be at least 1", options.batch_size);
  }
}

std::int64_t DataLoader::size() const {
  const std::int64_t n = state_->dataset.size(), b = state_->options.batch_size;
  return n / b + (n % b != 0 && !state_->options.drop_last);
}

Dataset DataLoader::dataset() const { return state_->dataset; }
DataLoaderOptions DataLoader::options() const { return state_->options; }
std::int64_t DataLoader::epoch() const { return state_->epoch; }

void DataLoader::set_epoch(std::int64_t epoch) {
  if (epoch < 0) fail<ValueError>("DataLoader", "epoch {} is negative", epoch);
  state_->epoch = epoch;
}

DataLoader::Iterator DataLoader::begin() const {
  const DataLoaderOptions& options = state_->options;
  const auto epoch = static_cast<std::uint64_t>(state_->epoch++);
  const std::int64_t n = state_->dataset.size();
  std::vector<std::int64_t> samples(static_cast<std::size_t>(n));
  if (options.shuffle) {
    kernels::permutation(keyed_stream(options.seed, StreamUse::shuffle, epoch), n, samples.data());
  } else {
    std::iota(samples.begin(), samples.end(), 0);
  }
  Iterator i;
  i.batches_ = size();
  i.order_ =
      std::make_shared<const Iterator::Order>(Iterator::Order{state_->dataset, options.batch_size, std::move(samples)});
  return i;
}

Batch DataLoader::Iterator::operator*() const {
  const auto n = static_cast<std::int64_t>(order_->samples.size()), first = batch_ * order_->batch_size;
  const std::int64_t count = std::min(order_->batch_size, n - first);
  return order_->dataset.batch({order_->samples.data() + first, static_cast<std::size_t>(count)});
}

}  // namespace xtape::data
