// The transports: moving bytes between ranks. Nothing here adds: MPI_Allreduce's order of additions depends on the
// length and on the number of ranks.
#include <algorithm>
#include <array>
#include <utility>

#include "mpi/group.hpp"
#include "xtape/error.hpp"

namespace xtape::mpi {

Communicator::Communicator(std::shared_ptr<Group> group)
    : distributed::Communicator(group->rank, group->size), group_(std::move(group)) {}
Communicator::~Communicator() = default;
Communicator::Communicator(const Communicator&) = default;
Communicator& Communicator::operator=(const Communicator&) = default;

namespace {

template <class Group>
MPI_Comm running(const Group& group) {
  if (group.has_ended) throw Error("Communicator", "its Session has ended");
  return group.comm;
}

}  // namespace

void Communicator::wait() const { check(MPI_Barrier(running(*group_)), "MPI_Barrier"); }

void Communicator::send_from(int root, std::byte* bytes, std::size_t count) const {
  check(MPI_Bcast(bytes, static_cast<int>(count), MPI_BYTE, root, running(*group_)), "MPI_Bcast");
}

void Communicator::gather_blocks(std::byte* all, std::size_t bytes) const {
  check(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, static_cast<int>(bytes), MPI_BYTE, running(*group_)),
        "MPI_Allgather");
}

void Communicator::exchange_blocks(const std::byte* out, std::byte* in, std::size_t bytes) const {
  constexpr int at_once = 16;  // partners, so that many ranks do not flood one
  const MPI_Comm comm = running(*group_);
  const int ranks = size(), count = static_cast<int>(bytes);
  for (int first = 1; first < ranks; first += at_once) {
    std::array<MPI_Request, 2 * at_once> requests;
    int n = 0;
    for (int i = first; i < std::min(first + at_once, ranks); ++i) {
      const int from = (rank() - i + ranks) % ranks;
      check(MPI_Irecv(in + static_cast<std::size_t>(from) * bytes, count, MPI_BYTE, from, 0, comm, &requests[n++]),
            "MPI_Irecv");
    }
    for (int i = first; i < std::min(first + at_once, ranks); ++i) {
      const int to = (rank() + i) % ranks;
      check(MPI_Isend(out + static_cast<std::size_t>(to) * bytes, count, MPI_BYTE, to, 0, comm, &requests[n++]),
            "MPI_Isend");
    }
    check(MPI_Waitall(n, requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  }
}

}  // namespace xtape::mpi
