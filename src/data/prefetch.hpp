// Threads that make the batches of a loop ahead of it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/storage.hpp"
#include "xtape/data/dataset.hpp"
#include "xtape/detail/callback.hpp"

namespace xtape::data {

/// Makes batches first, first + 1, ... end - 1 by make(k), which several threads call at once. At most two a thread are
/// ready or in work at a time. The threads end with the Prefetcher.
class Prefetcher {
 public:
  /// Starts `threads` threads, or as many as the system grants.
  Prefetcher(Callback<Batch(std::int64_t)> make, std::int64_t first, std::int64_t end, std::int64_t threads);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Batch k, or the exception that make(k) has thrown. Each batch is handed out once and in order; one that was handed
  /// out or skipped before is made anew, by the caller. Safe from several threads.
  Batch get(std::int64_t k);

 private:
  // Memory in return for a batch. A batch's own memory ends in the free lists of the thread that uses it
  // (core/memory.hpp); without a return, each batch would be made in memory fresh from the system.
  using Memory = std::vector<xtape::detail::StoragePtr>;
  struct Slot {
    bool ready = false;
    Batch batch;
    std::exception_ptr error;
    Memory returned;  // for the thread that makes the next batch of this slot
  };
  static Memory memory_like(const Batch& batch) noexcept;
  void make_into(Slot& slot, std::int64_t k) const noexcept;
  void work() noexcept;
  Slot& slot_of(std::int64_t k) { return slots_[static_cast<std::size_t>(k) % slots_.size()]; }

  const Callback<Batch(std::int64_t)> make_;
  const std::int64_t end_;

  std::mutex mutex_;  // of what follows
  std::condition_variable may_work_, has_batch_;
  bool stopping_ = false;
  std::int64_t front_;  // the next batch to hand out; slots hold batches front_ ... front_ + slots_.size() - 1
  std::int64_t next_;   // the next one that a thread begins
  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
};

}  // namespace xtape::data
