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
/// if MPI does not end the program itself. So is a rank that has ended its Session while this one waits for it, and a
/// call that differs from that of the rank before this one, in what it does or in the number of bytes. After an Error
/// no call is possible any more, and the end of the Session ends all ranks. Until then, if the program calls MPI
/// itself, MPI may still write to what a call of more than 16 KiB was given; gradients that were being summed are kept
/// for that.
///
/// A call on the Session's thread waits as MPI does, at full speed. On another thread it sleeps in between, so that the
/// Session's can compute meanwhile.
class XTAPE_API Communicator final : public distributed::Communicator {
 public:
  ~Communicator() override;
  Communicator(const Communicator&);
  Communicator& operator=(const Communicator&);

  /// Whether gradients are exchanged on a thread of their own while backward runs: if the ranks run on more than one
  /// machine (on one, the exchange only takes a core from backward), unless the environment variable XTAPE_MPI_OVERLAP
  /// says 0 or 1. Never if the program has begun MPI with less than MPI_THREAD_SERIALIZED.
  bool overlaps() const noexcept override;
  /// Makes a call on another thread, and any later one, throw an Error.
  void give_up() const noexcept override;

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
/// leaves it running. It belongs into main(), before the model, and on the thread that makes all calls; one that a
/// static object owns ends with an error. Its end waits for the other ranks' ends.
///
/// If it is destroyed because an exception leaves its scope, it prints one line to stderr, with its rank and the
/// message of the exception if that is one of xtape's, and calls MPI_Abort: the others, which may wait for this rank,
/// end, too. What the program's own handler outside of that scope would do is then not done. To see the message of
/// another exception, such as a std::runtime_error, catch it inside of the scope, print it, and rethrow it. If the
/// program catches the exception nowhere, a handler of std::terminate does the same, and knows every message.
///
/// A rank on which something goes wrong must let the exception leave this scope. If it returns early, or catches the
/// exception inside and ends without one, then the others' calls that need it throw an Error that names it. exit()
/// and quick_exit() within the scope end all ranks.
class XTAPE_API Session {
 public:
  /// Error if the MPI library that runs is not the one that xtape::mpi was built with, if another library's mpirun has
  /// started the processes, or if MPI has ended before.
  /// ValueError on all ranks if XTAPE_MPI_OVERLAP is neither 0 nor 1, or not the same on all.
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
