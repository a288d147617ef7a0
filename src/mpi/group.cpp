// Waiting. MPI's own functions that wait cannot be left when another rank will never answer, so every operation is one
// that returns at once, and is then tested in a loop.
#include "mpi/group.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "xtape/error.hpp"

namespace xtape::mpi {

namespace {

constexpr int end_tag = 1, call_tag = 2;
using Clock = std::chrono::steady_clock;
constexpr std::size_t tests_per_time = 64;  // asking for the time costs as much as a test
constexpr std::chrono::milliseconds between_looks(5);
constexpr std::chrono::microseconds shortest_nap(20), longest_nap(200);

/// Leaves the core to another thread between two tests. Short beside the time since `begin`, because the call may end
/// that much later; long beside the cost of waking up.
void sleep_in_wait(Clock::time_point begin) {
  std::this_thread::sleep_for(std::clamp<Clock::duration>((Clock::now() - begin) / 32, shortest_nap, longest_nap));
}

const char* name_of(const Call& call) {
  switch (call.function) {
    case Call::Function::barrier: return "MPI_Ibarrier";
    case Call::Function::broadcast: return "MPI_Ibcast";
    case Call::Function::gather: return "MPI_Iallgather";
    case Call::Function::exchange: return "MPI_Irecv";
  }
  return "a call that is none of xtape's";  // what another rank has told
}

std::string text_of(const Call& call) {
  const std::string text = name_of(call) + (" of " + std::to_string(call.bytes) + " bytes");
  return call.function == Call::Function::broadcast ? text + " from rank " + std::to_string(call.root) : text;
}

}  // namespace

MPI_Comm Communicator::Group::begin_call(const Call& call) {
  if (const char* why = closed) throw Error("Communicator", why);
  if (is_in_call) throw Error("Communicator", "an earlier call has failed, or another thread is in one");
  is_in_call = true;
  call_ = call;
  constexpr int numbers = sizeof(Call) / sizeof(int);
  check(MPI_Irecv(&previous_ranks_call_, numbers, MPI_INT, (rank + size - 1) % size, call_tag, comm, &receives_call_),
        "MPI_Irecv");
  check(MPI_Isend(&call_, numbers, MPI_INT, (rank + 1) % size, call_tag, comm, &sends_call_), "MPI_Isend");
  return comm;
}

void Communicator::Group::end_call(std::span<MPI_Request> operations) {
  wait_for({&receives_call_, 1});  // first: with another call the operations may end in any way, or never
  check_same_call();
  wait_for(operations);
  wait_for({&sends_call_, 1});
  is_in_call = false;
  ++calls;
}

void Communicator::Group::check_same_call() const {
  if (previous_ranks_call_ == call_) return;
  throw Error("Communicator", "rank " + std::to_string(rank) + " is in " + text_of(call_) + ", rank " +
                                  std::to_string((rank + size - 1) % size) + " in " + text_of(previous_ranks_call_) +
                                  "; all ranks must make the same calls in the same order");
}

void Communicator::Group::wait_for(std::span<MPI_Request> operations) {
  // The session's thread computes while another waits, and is to have the core.
  const bool sleeps = std::this_thread::get_id() != thread;
  const auto begin = Clock::now();
  auto look = begin + between_looks;
  for (std::size_t tests = 1; !operations.empty(); ++tests) {
    int is_done = 0;  // one by one: errors of MPI_Testall go to MPI_COMM_WORLD's handler, which ends the program
    check(MPI_Test(&operations.front(), &is_done, MPI_STATUS_IGNORE), name_of(call_));
    if (is_done) {
      operations = operations.subspan(1);
      continue;
    }
    if (const char* why = closed) throw Error("Communicator", why);
    if (sleeps) sleep_in_wait(begin);
    if (tests % tests_per_time != 0 || Clock::now() < look) continue;
    look_for_ended_ranks();
    look = Clock::now() + between_looks;
  }
}

void Communicator::Group::look_for_ended_ranks() {
  for (std::size_t r = 0; r < ends.size(); ++r) {
    int has_ended = 0;
    check(MPI_Test(&ends[r], &has_ended, MPI_STATUS_IGNORE), "MPI_Test");
    if (has_ended && last_calls[r] <= calls) {
      throw Error(name_of(call_), "rank " + std::to_string(r) + " has ended, while this rank waits for it");
    }
  }
}

void Communicator::Group::listen() {
  last_calls.assign(static_cast<std::size_t>(size), UINT64_MAX);
  ends.assign(last_calls.size(), MPI_REQUEST_NULL);
  for (int r = 0; r < size; ++r) {
    const auto i = static_cast<std::size_t>(r);
    if (r != rank) check(MPI_Irecv(&last_calls[i], 1, MPI_UINT64_T, r, end_tag, comm, &ends[i]), "MPI_Irecv");
  }
}

void Communicator::Group::part() noexcept {
  for (int r = 0; r < size; ++r) {
    if (r == rank) continue;
    if (MPI_Isend(&calls, 1, MPI_UINT64_T, r, end_tag, comm, &ends.emplace_back()) != MPI_SUCCESS) ends.pop_back();
  }
  for (int are_done = 0; !are_done;) {
    if (MPI_Testall(static_cast<int>(ends.size()), ends.data(), &are_done, MPI_STATUSES_IGNORE) != MPI_SUCCESS) return;
    if (!are_done) std::this_thread::sleep_for(shortest_nap);
  }
}

}  // namespace xtape::mpi
