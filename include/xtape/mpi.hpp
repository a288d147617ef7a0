// Training on several processes, on one machine or many, by MPI: the component xtape::mpi, a library beside xtape. In
// CMake: find_package(xtape COMPONENTS mpi), then link xtape::mpi. `mpirun -n 4 program` starts four ranks.
//
//     mpi::Session session;
//     mpi::Communicator world = session.world();
//     mpi::broadcast(model, world);
//     ...
//     optimizer.zero_grad();
//     double loss = mpi::backward(model, criterion, x, y, world, {.virtual_shards = 8});
//     optimizer.step();
//
// distributed.hpp says what each function does, and what is exact.
#pragma once

#include <memory>

#include "xtape/distributed.hpp"

namespace xtape::mpi {

/// All processes of the program as ranks. A handle; it can be used until its Session ends. Errors of MPI are an Error,
/// if MPI does not end the program itself.
class XTAPE_API Communicator final : public distributed::Communicator {
 public:
  ~Communicator() override;
  Communicator(const Communicator&);
  Communicator& operator=(const Communicator&);

 private:
  friend class Session;
  struct Group;
  explicit Communicator(std::shared_ptr<Group> group);
  void wait() const override;
  void send_from(int root, std::byte* bytes, std::size_t count) const override;
  void gather_blocks(std::byte* all, std::size_t bytes) const override;
  void exchange_blocks(const std::byte* out, std::byte* in, std::size_t bytes) const override;

  std::shared_ptr<Group> group_;
};

/// Begins MPI and ends it with its scope; where MPI already runs, as in a program that uses it itself, it joins and
/// leaves it running. It belongs into main(), before the model, and on the thread that makes all calls.
///
/// If it is destroyed because an exception leaves its scope, it prints one line to stderr, with its rank and the
/// message of the exception if that is one of xtape's, and calls MPI_Abort: the others, which may wait for this rank,
/// end, too. What the program's own handler outside of that scope would do is then not done. To see the message of
/// another exception, such as a std::runtime_error, catch it inside of the scope, print it, and rethrow it.
///
/// A rank on which something goes wrong must let the exception leave this scope. One that returns early, or that
/// catches the exception and goes on, leaves the others waiting for it forever.
class XTAPE_API Session {
 public:
  /// Error if the MPI library that runs is not the one that xtape::mpi was built with, or if MPI has ended before.
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Communicator world() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using distributed::backward;
using distributed::BackwardOptions;
using distributed::broadcast;
using distributed::check_same;
using distributed::sum_gradients;

}  // namespace xtape::mpi
