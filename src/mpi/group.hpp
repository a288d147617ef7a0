// MPI's communicator, shared by the handles to it, and the one way to wait on it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "mpi/call.hpp"
#include "xtape/mpi.hpp"

namespace xtape::mpi {

/// What a rank calls: the same on all ranks.
struct Call {
  enum class Function : int { barrier, broadcast, gather, exchange };
  Function function;
  int bytes = 0;  // of a rank
  int root = 0;
  bool operator==(const Call&) const = default;
};

/// A communicator of xtape's own, so that its messages meet no others, and whose errors are returned. Its Session frees
/// it. All ranks make the same calls in the same order: in each call every rank tells the next one what it calls, and
/// compares that with what the rank before it tells. So a rank can tell by the number of calls whether another one has
/// taken part in a call before it ended.
struct Communicator::Group {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0, size = 1;
  bool overlaps = false;
  const std::thread::id thread = std::this_thread::get_id();  // the session's
  std::atomic<const char*> closed = nullptr;                  // why nothing can be called any more
  bool is_in_call = false;                                    // stays true after a call that has failed
  std::uint64_t calls = 0;                                    // that have ended well

  // What short calls send and receive, between begin_call() and end_call(): after a call has failed, MPI may still
  // write here, while most callers free their memory.
  std::array<std::byte, std::size_t{1} << 14> small;

  // The last message of each other rank, which says how many calls it has made: it has come when its request is null.
  std::vector<std::uint64_t> last_calls;
  std::vector<MPI_Request> ends;

  /// Begins a call and tells the next rank of it. Returns what the call's operations are made on. Error if no call is
  /// possible.
  MPI_Comm begin_call(const Call& call);
  /// Waits for the call's operations. Error if another rank makes another call or ends without having begun this one,
  /// or if it is given up; MPI may then still write to the memory of the call.
  void end_call(std::span<MPI_Request> operations);

  /// Begins to listen for the other ranks' ends.
  void listen();
  /// Tells the other ranks that this one has ended, and waits until they have, too.
  void part() noexcept;

 private:
  void wait_for(std::span<MPI_Request> operations);
  void look_for_ended_ranks();
  void check_same_call() const;

  Call call_{}, previous_ranks_call_{};
  MPI_Request sends_call_ = MPI_REQUEST_NULL, receives_call_ = MPI_REQUEST_NULL;
};

}  // namespace xtape::mpi
