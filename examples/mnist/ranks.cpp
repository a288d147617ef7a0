#include "ranks.hpp"

#include <chrono>
#include <span>
#include <thread>
#include <xtape/error.hpp>
#ifdef XTAPE_HAS_MPI
#include <xtape/mpi.hpp>
#endif

using xtape::ValueError;

#ifdef XTAPE_HAS_MPI
struct Ranks::Mpi {
  xtape::mpi::Session session;
  xtape::mpi::Communicator world = session.world();
};

Ranks::Ranks(bool wants_mpi) : mpi_(wants_mpi ? std::make_unique<Mpi>() : nullptr) {}
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
