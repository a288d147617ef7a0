// The exchange of gradients between ranks, from the last parameter to the first: backward ends with the first layers.
// It may begin while backward still computes gradients, on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "xtape/distributed.hpp"

namespace xtape::distributed {

/// Replaces gradients[i], of parameters[i], by its sum over the ranks, whose parameters agree. An undefined one counts
/// as zeros if it is defined on another rank, else stays. One is written in place if nobody else holds its elements.
class Exchange {
 public:
  /// It keeps the references.
  Exchange(const std::vector<Tensor>& parameters, std::vector<Tensor>& gradients, const Communicator& comm);
  /// If an exception has skipped finish(): ends the thread and gives the communicator up, since this rank does not have
  /// what the others wait for. The memory of a call that has failed is never freed.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Whether begin() may be called. The same on all ranks.
  bool can_begin_early() const noexcept { return comm_.size() > 1 && comm_.overlaps(); }
  /// From now on until finish(), a thread sums gradients as they become complete; nobody else may use the communicator.
  /// is_expected[i] is 1 unless gradient i will be undefined on this rank.
  void begin(const std::vector<std::byte>& is_expected);
  /// What this rank adds to the sum of gradient i. From now on until finish() gradients[i] is not for the caller.
  void complete(std::size_t i, Tensor gradient);
  /// When all are complete: returns when all are summed. What has been thrown on the thread is thrown here.
  void finish();

 private:
  void run() noexcept;
  void sum_all();
  void sum(const std::vector<std::size_t>& bucket, std::size_t bytes);
  bool is_complete_from(std::size_t i);

  const std::vector<Tensor>& parameters_;
  std::vector<Tensor>& gradients_;
  const Communicator& comm_;
  std::vector<std::byte> had_;                     // by this rank: 1 or 0, or `unknown`
  std::vector<std::byte> members_;                 // 1 for each that is summed, 0 for others
  std::size_t most_bytes_ = std::size_t{4} << 20;  // of a bucket of several gradients
  std::mutex mutex_;                               // guards the next two
  std::size_t incomplete_;                         // from this number on all are complete
  bool is_stopped_ = false;                        // more will not become so
  std::condition_variable changed_;
  std::thread thread_;
  std::exception_ptr error_;
  Tensor in_call_;  // what a call sums, or has failed to sum
};

}  // namespace xtape::distributed
