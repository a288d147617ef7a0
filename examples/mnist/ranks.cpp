#include "ranks.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <span>
#include <thread>
#include <xtape/error.hpp>
#ifdef XTAPE_HAS_MPI
#include <xtape/mpi.hpp>
#endif

using xtape::ValueError;

namespace {

/// Without --mpi each process would train by itself.
void check_is_alone() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {  // of Open MPI's mpirun, of MPICH's
    const char* const processes = std::getenv(name);
    if (!processes || std::atoi(processes) <= 1) continue;
    throw ValueError("train",
                     fmt::format("mpirun has started {} processes; with --mpi they train together", processes));
  }
}

}  // namespace

#ifdef XTAPE_HAS_MPI
struct Ranks::Mpi {
  xtape::mpi::Session session;
  xtape::mpi::Communicator world = session.world();
};

Ranks::Ranks(bool wants_mpi) : mpi_(wants_mpi ? std::make_unique<Mpi>() : nullptr) {
  if (!wants_mpi) check_is_alone();
}
#else
struct Ranks::Mpi {
  xtape::distributed::Communicator& world;
};

Ranks::Ranks(bool wants_mpi) {
  if (wants_mpi) {
    throw ValueError("--mpi",
                     "this xtape-mnist was built without MPI; install it (Debian: libopenmpi-dev, "
                     "openmpi-bin) and build again");
  }
  check_is_alone();
}
#endif

Ranks::~Ranks() = default;

const xtape::distributed::Communicator* Ranks::communicator() const { return mpi_ ? &mpi_->world : nullptr; }

void Ranks::wait_for_all() const {
  if (mpi_) mpi_->world.barrier();
}

int Ranks::code_of_first(int code) const {
  if (mpi_) mpi_->world.broadcast(std::as_writable_bytes(std::span(&code, 1)));
  return code;
}

void Ranks::let_first_speak() const {
  if (!is_first()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
}
