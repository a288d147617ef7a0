// MPI's communicator, shared by the handles to it.
#pragma once

#include "mpi/call.hpp"
#include "xtape/mpi.hpp"

namespace xtape::mpi {

/// A communicator of xtape's own, so that its messages meet no others, and whose errors are returned. Its Session frees
/// it.
struct Communicator::Group {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0, size = 1;
  bool has_ended = false;
};

}  // namespace xtape::mpi
