// Small gradients travel together, copied into a bucket; one that fills a bucket alone is summed where it is. The sum
// of an element does not depend on where in a message it stands, so buckets change no bits.
#include "distributed/exchange.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/dispatch.hpp"
#include "core/parallel.hpp"
#include "distributed/kept.hpp"
#include "xtape/detail/newest_error.hpp"
#include "xtape/ops.hpp"

namespace xtape::distributed {

namespace {

using xtape::detail::bytes_of;

constexpr std::size_t least_bytes = std::size_t{1} << 16;  // messages cost time
constexpr std::byte unknown{2};

/// 1 for each gradient for which some rank gives 1, else 0; more bytes may follow. All ranks give as many.
std::vector<std::byte> by_some(const std::vector<std::byte>& mine, const Communicator& comm) {
  const std::size_t n = mine.size();
  std::vector<std::byte> all(n * static_cast<std::size_t>(comm.size()));
  std::copy(mine.begin(), mine.end(), all.begin() + comm.rank() * static_cast<std::ptrdiff_t>(n));
  comm.all_gather(all);
  for (std::size_t i = n; i < all.size(); ++i) all[i % n] |= all[i];
  return all;
}

/// Gives g elements that nobody else holds.
void make_own(const Tensor& parameter, Tensor& g) {
  if (!g.defined()) {
    g = zeros(parameter.shape(), parameter.dtype());
  } else if (!xtape::detail::owns_storage_alone(g)) {
    g = xtape::detail::copy_of(g);
  }
}

}  // namespace

Exchange::Exchange(const std::vector<Tensor>& parameters, std::vector<Tensor>& gradients, const Communicator& comm)
    : parameters_(parameters),
      gradients_(gradients),
      comm_(comm),
      had_(parameters.size(), unknown),
      incomplete_(parameters.size()) {}

Exchange::~Exchange() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_one();
    comm_.give_up();
    thread_.join();
  }
  if (in_call_.defined()) keep_for_ever(in_call_);
}

void Exchange::begin(const std::vector<std::byte>& is_expected) {
  members_ = by_some(is_expected, comm_);
  // A quarter of all is enough for a bucket, so that a small model, too, has one that is complete early.
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (members_[i] != std::byte{0}) bytes += bytes_of(parameters_[i]).size();
  }
  most_bytes_ = std::clamp(bytes / 4, least_bytes, most_bytes_);
  thread_ = std::thread(&Exchange::run, this);
}

void Exchange::run() noexcept {
  const ThisThreadAlone alone;
  try {
    sum_all();
  } catch (...) {
    error_ = std::current_exception();
  }
}

void Exchange::complete(std::size_t i, Tensor gradient) {
  had_[i] = std::byte{gradient.defined()};
  gradients_[i] = std::move(gradient);
  {
    const std::lock_guard lock(mutex_);
    while (incomplete_ > 0 && had_[incomplete_ - 1] != unknown) --incomplete_;
  }
  changed_.notify_one();
}

void Exchange::finish() {
  if (comm_.size() == 1) return;
  if (!thread_.joinable()) {
    members_ = by_some(had_, comm_);
    sum_all();
    return;
  }
  thread_.join();
  if (error_) xtape::detail::rethrow_from_thread(std::move(error_));
  const std::vector<std::byte> had = by_some(had_, comm_);
  for (std::size_t i = 0; i < gradients_.size(); ++i) {
    if (had[i] == std::byte{0}) gradients_[i] = {};
  }
}

/// Waits until gradient i and all after it are complete; false if they will never be.
bool Exchange::is_complete_from(std::size_t i) {
  std::unique_lock lock(mutex_);
  while (incomplete_ > i && !is_stopped_) changed_.wait(lock);
  return !is_stopped_;
}

/// Bucket by bucket, each when its members are complete, in an order that is the same on all ranks.
void Exchange::sum_all() {
  std::vector<std::size_t> bucket;
  std::size_t bytes = 0;
  const auto send = [this, &bucket, &bytes] {
    if (!bucket.empty() && is_complete_from(bucket.back())) sum(bucket, bytes);
    bucket.clear();
    bytes = 0;
  };
  for (std::size_t i = parameters_.size(); i-- > 0;) {
    if (members_[i] == std::byte{0}) continue;
    const std::size_t more = bytes_of(parameters_[i]).size();
    const bool fits =
        bucket.empty() || (parameters_[bucket[0]].dtype() == parameters_[i].dtype() && bytes + more <= most_bytes_);
    if (!fits) send();
    bucket.push_back(i);
    bytes += more;
  }
  send();
}

/// Sums these gradients, of one dtype and `bytes` bytes in all.
void Exchange::sum(const std::vector<std::size_t>& bucket, std::size_t bytes) {
  for (const std::size_t i : bucket) make_own(parameters_[i], gradients_[i]);
  in_call_ = gradients_[bucket[0]];
  const DType dtype = in_call_.dtype();
  const bool is_packed = bucket.size() > 1;
  if (is_packed) {
    in_call_ = make_memory(bytes);
    std::byte* to = bytes_of(in_call_).data();
    for (const std::size_t i : bucket) to = std::ranges::copy(bytes_of(gradients_[i]), to).out;
  }
  std::span<std::byte> all = bytes_of(in_call_);
  visit_floating(dtype, [this, all]<class T>() {
    comm_.sum(std::span(reinterpret_cast<T*>(all.data()), all.size() / sizeof(T)));
  });
  for (const std::size_t i : bucket) {
    const std::span<std::byte> g = bytes_of(gradients_[i]);
    if (is_packed) std::ranges::copy(all.first(g.size()), g.begin());
    all = all.subspan(g.size());
    xtape::detail::mark_written(gradients_[i]);
  }
  in_call_ = {};
}

}  // namespace xtape::distributed
