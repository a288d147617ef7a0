// The transports: moving bytes between ranks. Nothing here adds: MPI_Allreduce's order of additions depends on the
// length and on the number of ranks.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "mpi/group.hpp"

namespace xtape::mpi {

Communicator::Communicator(std::shared_ptr<Group> group)
    : distributed::Communicator(group->rank, group->size), group_(std::move(group)) {}
Communicator::~Communicator() = default;
Communicator::Communicator(const Communicator&) = default;
Communicator& Communicator::operator=(const Communicator&) = default;

void Communicator::wait() const {
  MPI_Request request;
  check(MPI_Ibarrier(group_->begin_call({Call::Function::barrier}), &request), "MPI_Ibarrier");
  group_->end_call({&request, 1});
}

namespace {

/// A call that reads and writes `bytes`; start(memory, comm, request) begins it on these or, of short ones, on a copy.
void call_on(auto& group, const Call& call, std::byte* bytes, std::size_t count, auto start) {
  std::byte* const memory = count <= group.small.size() ? group.small.data() : bytes;
  const MPI_Comm comm = group.begin_call(call);
  if (memory != bytes) std::memcpy(memory, bytes, count);
  MPI_Request request;
  start(memory, comm, &request);
  group.end_call({&request, 1});
  if (memory != bytes) std::memcpy(bytes, memory, count);
}

}  // namespace

void Communicator::send_from(int root, std::byte* bytes, std::size_t count) const {
  const Call call{Call::Function::broadcast, static_cast<int>(count), root};
  call_on(*group_, call, bytes, count, [&call](std::byte* memory, MPI_Comm comm, MPI_Request* request) {
    check(MPI_Ibcast(memory, call.bytes, MPI_BYTE, call.root, comm, request), "MPI_Ibcast");
  });
}

void Communicator::gather_blocks(std::byte* all, std::size_t bytes) const {
  const Call call{Call::Function::gather, static_cast<int>(bytes)};
  const std::size_t count = bytes * static_cast<std::size_t>(size());
  call_on(*group_, call, all, count, [&call](std::byte* memory, MPI_Comm comm, MPI_Request* request) {
    check(MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, memory, call.bytes, MPI_BYTE, comm, request),
          "MPI_Iallgather");
  });
}

void Communicator::exchange_blocks(const std::byte* out, std::byte* in, std::size_t bytes) const {
  constexpr int at_once = 16;  // partners, so that many ranks do not flood one
  const int ranks = size();
  const Call call{Call::Function::exchange, static_cast<int>(bytes)};
  for (int first = 1; first < ranks; first += at_once) {
    const MPI_Comm comm = group_->begin_call(call);
    std::array<MPI_Request, 2 * at_once> requests;
    std::size_t n = 0;
    for (int i = first; i < std::min(first + at_once, ranks); ++i) {
      const int from = (rank() - i + ranks) % ranks;
      check(MPI_Irecv(in + static_cast<std::size_t>(from) * bytes, call.bytes, MPI_BYTE, from, 0, comm, &requests[n++]),
            "MPI_Irecv");
    }
    for (int i = first; i < std::min(first + at_once, ranks); ++i) {
      const int to = (rank() + i) % ranks;
      check(MPI_Isend(out + static_cast<std::size_t>(to) * bytes, call.bytes, MPI_BYTE, to, 0, comm, &requests[n++]),
            "MPI_Isend");
    }
    group_->end_call({requests.data(), n});
  }
}

bool Communicator::overlaps() const noexcept { return group_->overlaps; }

void Communicator::give_up() const noexcept { group_->closed = "it has been given up"; }

}  // namespace xtape::mpi
