// The processes that train together: those of MPI with --mpi, else this one alone.
#pragma once

#include <memory>
#include <xtape/distributed.hpp>

class Ranks {
 public:
  /// ValueError if MPI is wanted and the program was built without it, or if it is not and mpirun has started several
  /// processes.
  explicit Ranks(bool wants_mpi);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  /// Null if this process trains alone.
  const xtape::distributed::Communicator* communicator() const;
  int size() const { return communicator() ? communicator()->size() : 1; }
  /// The one that prints and writes files.
  bool is_first() const { return !communicator() || communicator()->rank() == 0; }
  void wait_for_all() const;
  /// The exit code of the first rank, on all.
  int code_of_first(int code) const;
  /// For a rank that an exception is about to leave. An error that all ranks have is the first rank's to tell: it ends
  /// the others, which wait here for a moment.
  void let_first_speak() const;

 private:
  struct Mpi;
  std::unique_ptr<Mpi> mpi_;
};
