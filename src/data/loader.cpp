// The DataLoader's order of samples, one permutation for each epoch from the stream of (seed, epoch), and its loops.
//
// Invariant: State::running is the loop begun last while an iterator of it exists, unless a place for the next loop has
// been set since; every loop keeps the State alive.
#include "xtape/data/loader.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "core/fail.hpp"
#include "core/lock.hpp"
#include "core/slices.hpp"
#include "data/loader_place.hpp"
#include "data/prefetch.hpp"
#include "io/numbers.hpp"
#include "kernels/random.hpp"
#include "xtape/autograd/grad_mode.hpp"
#include "xtape/ops.hpp"

namespace xtape::data {

/// A batch of an epoch, counted from 0.
struct BatchPlace {
  std::int64_t epoch = 0, batch = 0;
};

namespace {

void check_place(BatchPlace place, std::int64_t batches) {
  constexpr std::int64_t most = std::int64_t{1} << 53;
  if (place.epoch < 0) fail<ValueError>("DataLoader", "epoch {} is negative", place.epoch);
  if (place.epoch > most) fail<ValueError>("DataLoader", "epoch {} is beyond {}", place.epoch, most);
  if (place.batch < 0 || place.batch > batches) {
    fail<ValueError>("DataLoader", "batch {} is outside [0, {}], the batches of an epoch", place.batch, batches);
  }
}

constexpr std::array state_names = {"epoch",      "batch",   "seed",      "samples",
                                    "batch_size", "shuffle", "drop_last", "sampler"};
using StateNumbers = std::array<std::int64_t, state_names.size()>;

}  // namespace

struct DataLoader::State {
  State(Dataset d, const DataLoaderOptions& o) : dataset(std::move(d)), options(o), seed(o.seed) {}

  /// In an epoch.
  std::int64_t samples() const { return options.sampler.defined() ? options.sampler.size() : dataset.size(); }
  std::vector<std::int64_t> order_of(std::uint64_t of_seed, std::int64_t epoch) const;

  void set_next(BatchPlace place, std::optional<std::uint64_t> new_seed = std::nullopt) {
    const std::lock_guard guard(lock);
    next = place;
    if (new_seed) seed = *new_seed;
    running = nullptr;
  }

  const Dataset dataset;
  const DataLoaderOptions options;  // all but the seed

  mutable xtape::detail::Lock lock;  // of what follows
  std::uint64_t seed;
  BatchPlace next;  // where the next loop begins
  const Iterator::Loop* running = nullptr;
};

/// One epoch, or the rest of one. It keeps the state, so that an iterator may outlive its loader.
struct DataLoader::Iterator::Loop {
  explicit Loop(std::shared_ptr<State> s) : state(std::move(s)) {}
  ~Loop() {
    const std::lock_guard guard(state->lock);
    if (state->running == this) state->running = nullptr;
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void take(std::int64_t batches) noexcept {
    if (taken < batches) taken = batches;
  }
  Batch make(std::int64_t k) const;
  Batch get(std::int64_t k) { return ahead ? ahead->get(k) : make(k); }

  const std::shared_ptr<State> state;
  std::vector<std::int64_t> samples;  // in the epoch's order
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  std::atomic<std::int64_t> taken = 0;  // batches; another thread may ask for the loader's state
  std::optional<Prefetcher> ahead;      // if there are workers; the last member: its threads use the others
};

Batch DataLoader::Iterator::Loop::make(std::int64_t k) const {
  const NoGradGuard no_grad;
  const std::int64_t first = k * state->options.batch_size;
  const auto count = std::min(state->options.batch_size, static_cast<std::int64_t>(samples.size()) - first);
  const auto [rank, size] = state->options.shard;
  const std::int64_t begin = first_row(rank, count, size), end = first_row(rank + 1, count, size);
  const auto rows = [this, first](std::int64_t from, std::int64_t n) {
    return state->dataset.batch({samples.data() + first + from, static_cast<std::size_t>(n)}, Draw{seed, epoch});
  };
  if (begin < end) return rows(begin, end - begin);
  // Datasets need not know how to make a batch of nothing.
  const Batch one = rows(0, 1);
  return {narrow(one.x, 0, 0, 0), narrow(one.y, 0, 0, 0)};
}

std::vector<std::int64_t> DataLoader::State::order_of(std::uint64_t of_seed, std::int64_t epoch) const {
  const auto number = static_cast<std::uint64_t>(epoch);
  const std::int64_t n = samples();
  if (options.sampler.defined()) {
    std::vector<std::int64_t> order = options.sampler.indices(of_seed, number);
    const std::int64_t given = static_cast<std::int64_t>(order.size()), all = dataset.size();
    if (given != n) fail<ValueError>("DataLoader", "the sampler gives {} samples, its size is {}", given, n);
    for (std::int64_t i : order) {
      if (i < 0 || i >= all) fail<IndexError>("DataLoader", "the sampler gives sample {}, outside [0, {})", i, all);
    }
    return order;
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  if (options.shuffle) {
    kernels::permutation(keyed_stream(of_seed, StreamUse::shuffle, number), n, order.data());
  } else {
    std::iota(order.begin(), order.end(), 0);
  }
  return order;
}

DataLoader::DataLoader(Dataset dataset, DataLoaderOptions options)
    : state_(std::make_shared<State>(std::move(dataset), options)) {
  if (options.batch_size < 1) {
    fail<ValueError>("DataLoader", "batch_size is {}, it must be at least 1", options.batch_size);
  }
  if (options.num_workers < 0) {
    fail<ValueError>("DataLoader", "num_workers is {}, it must not be negative", options.num_workers);
  }
  if (options.shuffle && options.sampler.defined()) {
    fail<ValueError>("DataLoader", "shuffle is set beside a sampler, which decides the order; leave one out");
  }
  const auto [rank, size] = options.shard;
  if (rank < 0 || rank >= size) {
    fail<ValueError>("DataLoader", "shard is {{rank = {}, size = {}}}; expected 0 <= rank < size", rank, size);
  }
  if (options.batch_size < size) {
    fail<ValueError>("DataLoader",
                     "batch_size is {}, but {} ranks share each batch; it must be at least the number of ranks",
                     options.batch_size, size);
  }
  const std::int64_t expected = options.sampler.defined() ? options.sampler.dataset_size() : -1;
  if (const std::int64_t n = state_->dataset.size(); expected >= 0 && expected != n) {
    fail<ValueError>("DataLoader",
                     "the sampler is made for {} samples, the dataset has {}; a WeightedRandomSampler takes one weight "
                     "for each sample, not for each class",
                     expected, n);
  }
}

std::int64_t DataLoader::size() const {
  const std::int64_t n = state_->samples(), b = state_->options.batch_size;
  return n / b + (n % b != 0 && !state_->options.drop_last);
}

Dataset DataLoader::dataset() const { return state_->dataset; }

DataLoaderOptions DataLoader::options() const {
  DataLoaderOptions options = state_->options;
  const std::lock_guard guard(state_->lock);
  options.seed = state_->seed;
  return options;
}

// ---- place -------------------------------------------------------------------------------------------------------

std::int64_t DataLoader::epoch() const {
  const std::lock_guard guard(state_->lock);
  return state_->next.epoch;
}

void DataLoader::set_epoch(std::int64_t epoch, std::int64_t batch) {
  check_place({epoch, batch}, size());
  state_->set_next({epoch, batch});
}

StateDict DataLoader::state_dict() const {
  LoaderPlace place = LoaderPlace::next_of(*this);
  {
    const std::lock_guard guard(state_->lock);
    if (const Iterator::Loop* running = state_->running) place = place.at(running->epoch, running->taken);
  }
  return place.state_of(*this);
}

LoaderPlace LoaderPlace::next_of(const DataLoader& loader) {
  const DataLoader::State& state = *loader.state_;
  const std::lock_guard guard(state.lock);
  return {state.next.epoch, state.next.batch, state.seed};
}

LoaderPlace LoaderPlace::at(std::int64_t epoch, std::int64_t batch) const noexcept { return {epoch, batch, seed_}; }

StateDict LoaderPlace::state_of(const DataLoader& loader) const {
  const DataLoaderOptions& options = loader.state_->options;
  const StateNumbers numbers = {epoch_,
                                batch_,
                                static_cast<std::int64_t>(seed_),
                                loader.state_->samples(),
                                options.batch_size,
                                options.shuffle,
                                options.drop_last,
                                options.sampler.defined()};
  return io::numbers_dict(state_names, numbers);
}

LoaderPlace::LoaderPlace(const DataLoader& loader, const StateDict& dict) {
  StateNumbers numbers;
  io::read_numbers("DataLoader", dict, state_names, numbers);
  const auto [epoch, batch, seed, samples, batch_size, shuffle, drop_last, sampler] = numbers;
  const DataLoaderOptions& options = loader.state_->options;
  const std::int64_t ours[] = {loader.state_->samples(), options.batch_size, options.shuffle, options.drop_last,
                               options.sampler.defined()};
  if (!std::equal(std::begin(ours), std::end(ours), numbers.begin() + 3)) {
    fail<ValueError>(
        "DataLoader",
        "the state is of samples = {}, batch_size = {}, shuffle = {}, drop_last = {}, sampler = {}; this loader "
        "has {}, {}, {}, {}, {}",
        samples, batch_size, shuffle, drop_last, sampler, ours[0], ours[1], ours[2], ours[3], ours[4]);
  }
  check_place({epoch, batch}, loader.size());
  epoch_ = epoch;
  batch_ = batch;
  seed_ = static_cast<std::uint64_t>(seed);
}

void LoaderPlace::give_to(const DataLoader& loader) const noexcept { loader.state_->set_next({epoch_, batch_}, seed_); }

void DataLoader::load_state_dict(const StateDict& dict) { LoaderPlace(*this, dict).give_to(*this); }

// ---- loops -------------------------------------------------------------------------------------------------------

DataLoader::Iterator DataLoader::begin() const {
  const auto loop = std::make_shared<Iterator::Loop>(state_);
  Iterator i;
  i.batches_ = size();
  {
    const std::lock_guard guard(state_->lock);
    loop->seed = state_->seed;
    loop->epoch = state_->next.epoch;
    loop->taken = i.batch_ = state_->next.batch;
    state_->next = {loop->epoch + 1, 0};
    state_->running = loop.get();
  }
  try {
    loop->samples = state_->order_of(loop->seed, loop->epoch);
    const std::int64_t workers = state_->options.num_workers;
    if (workers > 0 && i.batch_ < i.batches_) {
      loop->ahead.emplace([l = loop.get()](std::int64_t k) { return l->make(k); }, i.batch_, i.batches_, workers);
    }
  } catch (...) {  // the epoch has not begun
    const std::lock_guard guard(state_->lock);
    if (state_->running == loop.get()) state_->next = {loop->epoch, i.batch_};
    throw;
  }
  i.loop_ = loop;
  return i;
}

Batch DataLoader::Iterator::operator*() const {
  Batch batch = loop_->get(batch_);
  loop_->take(batch_ + 1);
  return batch;
}

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  loop_->take(++batch_);
  return *this;
}

}  // namespace xtape::data
