#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

#include "mpi/group.hpp"
#include "xtape/detail/newest_error.hpp"
#include "xtape/error.hpp"

namespace xtape::mpi {

struct Session::State {
  std::shared_ptr<Communicator::Group> group;
  bool has_begun_mpi = false;
  const int exceptions = std::uncaught_exceptions();
};

namespace {

/// The library that runs must be the one whose mpi.h was compiled in: others have other types behind the same names.
void check_library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  const std::string built = compiled_with(), runs = library_name(text.data());
  if (!built.empty() && built != runs) {
    throw Error("Session", "xtape::mpi was built with " + built + ", but " + runs + " runs");
  }
}

}  // namespace

Session::Session() : state_(std::make_unique<State>()) {
  check_library();
  int is_running = 0, has_ended = 0;
  check(MPI_Finalized(&has_ended), "MPI_Finalized");
  if (has_ended) throw Error("Session", "MPI has ended in this process, and cannot begin again");
  check(MPI_Initialized(&is_running), "MPI_Initialized");
  if (!is_running) {
    int provided = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    state_->has_begun_mpi = true;
  }
  auto group = std::make_shared<Communicator::Group>();
  check(MPI_Comm_dup(MPI_COMM_WORLD, &group->comm), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(group->comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(group->comm, &group->rank), "MPI_Comm_rank");
  check(MPI_Comm_size(group->comm, &group->size), "MPI_Comm_size");
  state_->group = std::move(group);
}

Session::~Session() {
  Communicator::Group& group = *state_->group;
  group.has_ended = true;
  if (std::uncaught_exceptions() > state_->exceptions && group.size > 1) {
    const char* const what = xtape::detail::newest_error();
    std::fprintf(stderr, "xtape::mpi: rank %d of %d ends with an exception, and with it all ranks%s%s\n", group.rank,
                 group.size, *what ? ": " : "", what);
    // MPICH's launcher drops what a rank has printed and it has not read yet when the job is aborted.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Comm_free(&group.comm);
  if (state_->has_begun_mpi) MPI_Finalize();
}

Communicator Session::world() const { return Communicator(state_->group); }

}  // namespace xtape::mpi
