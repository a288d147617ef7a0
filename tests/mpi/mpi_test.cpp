// xtape::mpi under mpirun, on one machine: each test starts the program xtape_mpi_ranks and looks at what it printed
// and how it ended. What the ranks compute together is tested in tests/distributed, with threads; here are the
// transports and the ends.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace xtape {
namespace {

struct Job {
  int status = -1;  // the exit status of mpirun, or 128 and the signal
  double seconds = 0;
  std::string output;  // of stdout and stderr
  bool has(const std::string& text) const { return output.find(text) != std::string::npos; }
};

/// The environment's word, with which mpich.sh tests another MPI library, or what the build has found.
std::string setting(const char* name, const char* built) {
  const char* given = std::getenv(name);
  return given ? given : built;
}

bool is_open_mpi() { return setting("XTAPE_MPI_LIBRARY", XTAPE_MPI_LIBRARY).starts_with("Open MPI"); }

void set_environment() {
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // MPI's own
}

/// The program with a case's arguments, as a command.
std::string program(const std::string& arguments) {
  return setting("XTAPE_MPI_RANKS", XTAPE_MPI_RANKS) + " " + arguments;
}

Job run(const std::string& program) {
  set_environment();
  const std::string command = "timeout -k 1 60 " + program + " 2>&1";
  const auto begin = std::chrono::steady_clock::now();
  Job job;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return job;
  std::array<char, 4096> part{};
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), pipe)) job.output.append(part.data(), n);
  const int status = ::pclose(pipe);
  job.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  job.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return job;
}

Job run_on(int ranks, const std::string& program) {
  return run(setting("XTAPE_MPIRUN", XTAPE_MPIRUN) + (is_open_mpi() ? " --oversubscribe" : "") + " -n " +
             std::to_string(ranks) + " " + program);
}

Job mpirun(int ranks, const std::string& arguments) { return run_on(ranks, program(arguments)); }

void expect_ok(const Job& job) { EXPECT_EQ(job.status, 0) << job.output; }

/// With an error, soon, and with this text.
void expect_ended(const Job& job, const std::string& text) {
  EXPECT_NE(job.status, 0) << job.output;
  EXPECT_LT(job.seconds, 10) << job.output;
  EXPECT_TRUE(job.has(text)) << job.output;
}

TEST(Mpi, SumsInTheTreeOnOneToFourRanks) {
  for (const int ranks : {1, 2, 3, 4}) expect_ok(mpirun(ranks, "sums"));
}

TEST(Mpi, TrainsWithTheSameBitsOnOneTwoAndFourRanks) {
  // Dropout, BatchNorm, class weights, ignored targets, ragged batches, ranks and shards without rows.
  const Job one = mpirun(1, "train 4");
  expect_ok(one);
  EXPECT_GT(one.output.size(), 20u);
  for (const int ranks : {2, 4}) {
    const Job job = mpirun(ranks, "train 4");
    expect_ok(job);
    EXPECT_EQ(job.output, one.output) << ranks << " ranks";
  }
}

TEST(Mpi, TheLoopByHandHasTheBitsOfBackward) {
  for (const int ranks : {1, 3}) expect_ok(mpirun(ranks, "by_hand"));
}

TEST(Mpi, ARankThatIsKilledEndsTheJobAndIsNamed) {
  // MPICH's launcher gives only the number of the process: there a shell tells the rank, as docs/distributed.md says.
  const std::string told = "sh -c '" + program("end kill") +
                           " || { code=$?; echo \"rank $PMI_RANK has ended with $code\" >&2; exit $code; }'";
  const Job job = is_open_mpi() ? mpirun(3, "end kill") : run_on(3, told);
  expect_ended(job, is_open_mpi() ? "process rank 1 " : "rank 1 has ended with 137\n");
}

TEST(Mpi, ARankThatExitsEndsTheJobAndIsNamed) {
  for (const char* how : {"end exit", "end quick_exit"}) {
    const Job job = mpirun(3, how);
    expect_ended(job, "xtape::mpi: rank 1 of 3 ends by exit() within its Session, and with it all ranks\n");
  }
}

TEST(Mpi, ARankThatReturnsEarlyIsAnErrorOfThoseThatWaitForIt) {
  for (const int ranks : {2, 3, 4}) {
    const Job job = mpirun(ranks, "end return");
    expect_ended(job,
                 "ends with an exception, and with it all ranks: MPI_Iallgather: rank 1 has ended, while this "
                 "rank waits for it\n");
  }
}

TEST(Mpi, ARankThatHasMadeACallMayEndBeforeOthersHaveMadeIt) { expect_ok(mpirun(5, "pass_on")); }

TEST(Mpi, AfterACallThatHasFailedThereIsNoOtherAndTheSessionEndsTheJob) {
  const Job job = mpirun(2, "go_on");
  expect_ended(job,
               "MPI_Ibarrier: rank 1 has ended, while this rank waits for it\n"
               "Communicator: an earlier call has failed, or another thread is in one\n"
               "xtape::mpi: rank 0 of 2 ends after a call that has failed, and with it all ranks\n");
}

TEST(Mpi, OneSessionFollowsAnother) {
  for (const int ranks : {1, 2, 3, 4}) expect_ok(mpirun(ranks, "sessions"));
}

TEST(Mpi, CallsOnAnotherThreadLeaveTheCoreToThisOne) {
  for (const int ranks : {1, 2, 3}) expect_ok(mpirun(ranks, "thread"));
}

TEST(Mpi, GiveUpEndsACallOnAnotherThreadAndTheJob) {
  const Job job = mpirun(2, "give_up");
  expect_ended(job,
               "Communicator: it has been given up\n"
               "Communicator: it has been given up\n"
               "xtape::mpi: rank 0 of 2 ends after a call that has failed, and with it all ranks\n");
}

TEST(Mpi, TheMemoryOfAShortCallThatHasFailedIsNotWrittenLater) {
  const Job job = mpirun(2, "answer_late");
  expect_ended(job, "left alone\nxtape::mpi: rank 0 of 2 ends after a call that has failed, and with it all ranks\n");
}

TEST(Mpi, RanksOverlapOnOneMachineOnlyIfTheyAreTold) {
  EXPECT_EQ(mpirun(2, "overlap --").output, "no\n");
  EXPECT_EQ(mpirun(2, "overlap 00").output, "no\n");
  EXPECT_EQ(mpirun(2, "overlap 11").output, "yes\n");
}

TEST(Mpi, RanksDoNotOverlapWhereOneThreadAloneMayCallMpi) {
  EXPECT_EQ(mpirun(2, "overlap 11 funneled").output, "no\n");
}

TEST(Mpi, AnOverlapThatRanksWantDifferentlyOrInOtherWordsIsAnErrorOnAll) {
  const auto expect_on_both = [](const std::string& arguments, const std::string& error) {
    const std::string output = mpirun(2, "overlap " + arguments).output;
    const std::size_t first = output.find(error), last = output.rfind(error);
    EXPECT_TRUE(first != std::string::npos && first < last) << arguments << ": " << output;
  };
  expect_on_both("01", "XTAPE_MPI_OVERLAP of rank 1 is '1', but that of rank 0 is '0'");
  expect_on_both("1-", "XTAPE_MPI_OVERLAP of rank 1 is '', but that of rank 0 is '1'");
  expect_on_both("1y", "XTAPE_MPI_OVERLAP of rank 1 is 'y', neither 0 nor 1");
}

TEST(Mpi, AnExceptionInOneRankEndsTheJobAndNamesTheRank) {
  const Job job = mpirun(3, "end throw");
  expect_ended(job, "xtape::mpi: rank 1 of 3 ends with an exception, and with it all ranks\n");
}

TEST(Mpi, AnExceptionThatNothingCatchesEndsTheJobAndNamesTheRank) {
  const std::string line = "rank 1 of 3 ends with an exception that nothing catches, and with it all ranks";
  for (const auto& [what, told] : {std::pair("enough", line + ": enough"), std::pair("number", line + "\n")}) {
    const Job job = mpirun(3, std::string("uncaught ") + what);
    expect_ended(job, told);
  }
}

TEST(Mpi, TheMpirunOfAnotherLibraryIsAnError) {
  ::setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  const Job job = run(program("uncaught none"));
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  EXPECT_NE(job.status, 0);
  EXPECT_TRUE(job.has("Session: 4 processes have been started (OMPI_COMM_WORLD_SIZE), but each is alone to "))
      << job.output;
}

TEST(Mpi, ANaNInOneRankEndsTheJobAndNamesTheRank) {
  const Job job = mpirun(2, "end nan");
  expect_ended(job, "ends with an exception, and with it all ranks: backward: the loss of rank 1 is not finite");
}

TEST(Mpi, AnErrorInALoadersThreadIsNamed) {
  const Job job = mpirun(2, "end worker");
  EXPECT_NE(job.status, 0);
  EXPECT_TRUE(job.has("rank 1 of 2 ends with an exception, and with it all ranks: read_png: 7.png is cut"))
      << job.output;
}

TEST(Mpi, ModelsThatDifferAreAnErrorThatNamesTheParameter) {
  const Job job = mpirun(2, "differ");
  EXPECT_NE(job.status, 0);
  EXPECT_TRUE(
      job.has("broadcast: the models of ranks 0 and 1 differ: weight: float32 (2, 3), but weight: float32 (5, "
              "3)"))
      << job.output;
}

TEST(Mpi, AnErrorOfMpiIsAnError) {
  // Open MPI ends the program itself after an error within a collective operation, MPICH after one in a single message.
  const Job job = mpirun(4, is_open_mpi() ? "misfit sum" : "misfit broadcast");
  expect_ended(job, "ends with an exception, and with it all ranks: MPI_I");
}

TEST(Mpi, ACallThatOtherRanksDoNotMakeIsAnError) {
  for (const auto& [call, text] :
       {std::pair("sum", "MPI_Iallgather of 8 bytes"), std::pair("sum_of_many", "MPI_Irecv of 266664 bytes"),
        std::pair("barrier", "MPI_Ibarrier of 0 bytes"),
        std::pair("broadcast", "MPI_Ibcast of 10 bytes from rank 1")}) {
    const Job job = mpirun(3, std::string("other_call ") + call);
    expect_ended(job, std::string(": Communicator: rank 1 is in MPI_Iallgather of 40 bytes, rank 0 in ") + text +
                          "; all ranks must make the same calls in the same order\n");
  }
}

TEST(Mpi, FunctionsThatBeginAlikeTellEachOtherApart) {
  const Job job = mpirun(2, "other_call check_same");
  expect_ended(job, "ranks 0 and 1 differ: a call of check_same, but a call of sum_gradients\n");
}

TEST(Mpi, ASessionJoinsARunningMpiAndEndsWithoutIt) {
  const Job job = mpirun(2, "join");
  expect_ok(job);
  EXPECT_EQ(job.output,
            "Communicator: its Session has ended\n"
            "Session: MPI has ended in this process, and cannot begin again\n");
}

TEST(Mpi, WithoutMpirunThereIsOneRank) { expect_ok(run(program("sums"))); }

}  // namespace
}  // namespace xtape
