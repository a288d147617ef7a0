#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "mpi/group.hpp"
#include "xtape/detail/newest_error.hpp"
#include "xtape/error.hpp"

namespace xtape::mpi {

struct Session::State {
  std::shared_ptr<Communicator::Group> group;
  bool has_begun_mpi = false;
  const int exceptions = std::uncaught_exceptions();

  void leave_mpi() {
    MPI_Comm_free(&group->comm);
    if (has_begun_mpi) MPI_Finalize();
  }
};

namespace {

std::atomic<int> open_sessions = 0;  // of several ranks

void end_all_ranks(const char* how, const char* what) {
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  std::fprintf(stderr, "xtape::mpi: rank %d of %d ends %s, and with it all ranks%s%s\n", rank, size, how,
               *what ? ": " : "", what);
  // MPICH's launcher drops what a rank has printed and it has not read yet when the job is aborted.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  MPI_Abort(MPI_COMM_WORLD, 1);
}

/// Without it MPICH's launcher kills the other ranks and may call that a success.
void end_all_ranks_at_exit() {
  if (open_sessions > 0) end_all_ranks("by exit() within its Session", "");
}

std::terminate_handler outer_handler = nullptr;  // while there are open sessions

/// An exception that nothing catches does not unwind the stack, so no session is destroyed.
[[noreturn]] void end_all_ranks_at_terminate() {
  std::string what;
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {  // it has no text
  }
  end_all_ranks("with an exception that nothing catches", what.c_str());
  std::abort();
}

void open_session() {
  static const int registered = std::atexit(end_all_ranks_at_exit);
  static const int registered_for_quick_exit = std::at_quick_exit(end_all_ranks_at_exit);
  static_cast<void>(registered + registered_for_quick_exit);
  if (++open_sessions == 1) outer_handler = std::set_terminate(end_all_ranks_at_terminate);
}

void close_session() {
  if (--open_sessions == 0 && std::get_terminate() == end_all_ranks_at_terminate) std::set_terminate(outer_handler);
}

/// The mpirun of another MPI starts processes of which each is alone.
void check_launcher(int size) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* const started = std::getenv(name);
    if (size > 1 || !started || std::atoi(started) <= 1) continue;
    throw Error("Session", std::string(started) + " processes have been started (" + name + "), but each is alone to " +
                               compiled_with() + "; is it another MPI's mpirun?");
  }
}

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

/// What XTAPE_MPI_OVERLAP is on all ranks: "0", "1", or "" if it is not set.
std::string chosen_overlap(MPI_Comm comm, int rank, int size) {
  constexpr std::size_t room = 16;  // for the beginning of a longer text
  std::vector<char> texts(room * static_cast<std::size_t>(size));
  const auto text_of = [&texts](int r) { return &texts[room * static_cast<std::size_t>(r)]; };
  if (const char* text = std::getenv("XTAPE_MPI_OVERLAP")) std::snprintf(text_of(rank), room, "%s", text);
  check(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, texts.data(), room, MPI_CHAR, comm), "MPI_Allgather");
  const std::string first = text_of(0);
  for (int r = 0; r < size; ++r) {
    const std::string text = text_of(r), of_rank = " of rank " + std::to_string(r) + " is '" + text + "', ";
    if (text != "" && text != "0" && text != "1") throw ValueError("XTAPE_MPI_OVERLAP", of_rank + "neither 0 nor 1");
    if (text != first) throw ValueError("XTAPE_MPI_OVERLAP", of_rank + "but that of rank 0 is '" + first + "'");
  }
  return first;
}

bool is_on_several_machines(MPI_Comm comm, int size) {
  MPI_Comm machine = MPI_COMM_NULL;
  check(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine), "MPI_Comm_split_type");
  int ranks_here = 0;
  check(MPI_Comm_size(machine, &ranks_here), "MPI_Comm_size");
  check(MPI_Comm_free(&machine), "MPI_Comm_free");
  return ranks_here < size;
}

/// Whether it pays that one thread exchanges while another computes: on one machine it only takes a core from the
/// other. ValueError on all ranks.
bool overlaps(const auto& group) {
  int threads = 0;
  check(MPI_Query_thread(&threads), "MPI_Query_thread");
  check(MPI_Allreduce(MPI_IN_PLACE, &threads, 1, MPI_INT, MPI_MIN, group.comm), "MPI_Allreduce");
  const std::string chosen = chosen_overlap(group.comm, group.rank, group.size);
  const bool is_wanted = chosen.empty() ? is_on_several_machines(group.comm, group.size) : chosen == "1";
  return is_wanted && threads >= MPI_THREAD_SERIALIZED;
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
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
    state_->has_begun_mpi = true;
  }
  state_->group = std::make_shared<Communicator::Group>();
  Communicator::Group& group = *state_->group;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &group.comm), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(group.comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(group.comm, &group.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(group.comm, &group.size), "MPI_Comm_size");
  try {
    check_launcher(group.size);
    group.overlaps = overlaps(group);
  } catch (const Error&) {
    state_->leave_mpi();
    throw;
  }
  group.listen();
  if (group.size > 1) open_session();
}

Session::~Session() {
  Communicator::Group& group = *state_->group;
  const bool has_failed = group.is_in_call || group.closed;
  group.closed = "its Session has ended";
  const bool unwinds = std::uncaught_exceptions() > state_->exceptions;
  if ((unwinds || has_failed) && group.size > 1) {
    end_all_ranks(unwinds ? "with an exception" : "after a call that has failed", xtape::detail::newest_error());
  }
  if (group.size > 1) close_session();
  group.part();
  state_->leave_mpi();
}

Communicator Session::world() const { return Communicator(state_->group); }

}  // namespace xtape::mpi
