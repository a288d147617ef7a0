#include "data/prefetch.hpp"

#include <algorithm>
#include <utility>

#include "autograd/tensor_impl.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "xtape/detail/newest_error.hpp"

namespace xtape::data {

Prefetcher::Prefetcher(Callback<Batch(std::int64_t)> make, std::int64_t first, std::int64_t end, std::int64_t threads)
    : make_(std::move(make)), end_(end), front_(first), next_(first) {
  threads = std::min(threads, end - first);
  slots_.resize(static_cast<std::size_t>(2 * threads));
  threads_.reserve(static_cast<std::size_t>(threads));
  try {
    while (std::cmp_less(threads_.size(), threads)) threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {  // std::system_error
    // No more threads can be started: those that run, or else the caller, make the batches.
  }
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  may_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Prefetcher::Memory Prefetcher::memory_like(const Batch& batch) noexcept {
  Memory memory;
  try {
    for (const Tensor* t : {&batch.x, &batch.y}) {
      const xtape::detail::StoragePtr& storage = t->impl()->storage;
      if (storage->is_borrowed() || storage->bytes() > static_cast<std::int64_t>(xtape::detail::largest_kept)) continue;
      memory.push_back(xtape::detail::Storage::allocate(storage->bytes()));
    }
  } catch (const std::exception&) {
    // There is none to spare.
  }
  return memory;
}

void Prefetcher::make_into(Slot& slot, std::int64_t k) const noexcept {
  slot.returned.clear();  // into this thread's free lists
  try {
    slot.batch = make_(k);
  } catch (...) {
    slot.error = std::current_exception();
  }
  // After the catch block: from now on nobody but the slot refers to the exception.
  slot.ready = true;
}

void Prefetcher::work() noexcept {
  const ThisThreadAlone alone;
  std::unique_lock lock(mutex_);
  while (true) {
    may_work_.wait(lock, [this] { return stopping_ || next_ >= end_ || std::cmp_less(next_ - front_, slots_.size()); });
    if (stopping_ || next_ >= end_) return;
    const std::int64_t k = next_++;
    Slot slot = std::exchange(slot_of(k), {});
    lock.unlock();
    make_into(slot, k);
    lock.lock();
    if (k < front_) continue;  // skipped meanwhile; the slot may belong to another batch
    slot_of(k) = std::move(slot);
    has_batch_.notify_all();
  }
}

Batch Prefetcher::get(std::int64_t k) {
  Slot slot;
  {
    std::unique_lock lock(mutex_);
    if (!threads_.empty() && k >= front_) {
      for (; front_ < k; ++front_) slot_of(front_) = {};
      next_ = std::max(next_, front_);
      may_work_.notify_all();
      has_batch_.wait(lock, [this, k] { return front_ > k || slot_of(k).ready; });
      if (front_ == k) {
        slot = std::exchange(slot_of(k), {});
        if (!slot.error) slot_of(k).returned = memory_like(slot.batch);
        ++front_;
        may_work_.notify_one();
        has_batch_.notify_all();  // others may wait for batch k
      }
    }
  }
  if (!slot.ready) return make_(k);
  if (slot.error) xtape::detail::rethrow_from_thread(std::move(slot.error));
  return std::move(slot.batch);
}

}  // namespace xtape::data
