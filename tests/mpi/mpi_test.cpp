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

namespace xtape {
namespace {

struct Run {
  int status = -1;  // the exit status of mpirun, or 128 and the signal
  double seconds = 0;
  std::string output;  // of stdout and stderr
  bool has(const std::string& text) const { return output.find(text) != std::string::npos; }
};

bool is_open_mpi() { return std::string(XTAPE_MPI_LIBRARY).starts_with("Open MPI"); }

Run mpirun(int ranks, const std::string& arguments) {
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // MPI's own
  const std::string command = std::string("timeout -k 1 60 " XTAPE_MPIRUN) + (is_open_mpi() ? " --oversubscribe" : "") +
                              " -n " + std::to_string(ranks) + " " XTAPE_MPI_RANKS " " + arguments + " 2>&1";
  const auto begin = std::chrono::steady_clock::now();
  Run run;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return run;
  std::array<char, 4096> part{};
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), pipe)) run.output.append(part.data(), n);
  const int status = ::pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return run;
}

void expect_ok(const Run& run) { EXPECT_EQ(run.status, 0) << run.output; }

TEST(Mpi, SumsInTheTreeOnOneToFourRanks) {
  for (const int ranks : {1, 2, 3, 4}) expect_ok(mpirun(ranks, "sums"));
}

TEST(Mpi, TrainsWithTheSameBitsOnOneTwoAndFourRanks) {
  // Dropout, BatchNorm, class weights, ignored targets, ragged batches, ranks and shards without rows.
  const Run one = mpirun(1, "train 4");
  expect_ok(one);
  EXPECT_GT(one.output.size(), 20u);
  for (const int ranks : {2, 4}) {
    const Run run = mpirun(ranks, "train 4");
    expect_ok(run);
    EXPECT_EQ(run.output, one.output) << ranks << " ranks";
  }
}

TEST(Mpi, TheLoopByHandHasTheBitsOfBackward) {
  for (const int ranks : {1, 3}) expect_ok(mpirun(ranks, "by_hand"));
}

TEST(Mpi, ARankThatIsKilledEndsTheJob) {
  const Run run = mpirun(3, "end kill");
  EXPECT_NE(run.status, 0);
  EXPECT_LT(run.seconds, 10);
  EXPECT_TRUE(run.has(is_open_mpi() ? "rank 1" : "RANK 1")) << run.output;
}

TEST(Mpi, AnExceptionInOneRankEndsTheJobAndNamesTheRank) {
  const Run run = mpirun(3, "end throw");
  EXPECT_NE(run.status, 0);
  EXPECT_LT(run.seconds, 10);
  EXPECT_TRUE(run.has("xtape::mpi: rank 1 of 3 ends with an exception, and with it all ranks\n")) << run.output;
}

TEST(Mpi, ANaNInOneRankEndsTheJobAndNamesTheRank) {
  const Run run = mpirun(2, "end nan");
  EXPECT_NE(run.status, 0);
  EXPECT_LT(run.seconds, 10);
  EXPECT_TRUE(run.has("ends with an exception, and with it all ranks: backward: the loss of rank 1 is not finite"))
      << run.output;
}

TEST(Mpi, ModelsThatDifferAreAnErrorThatNamesTheParameter) {
  const Run run = mpirun(2, "differ");
  EXPECT_NE(run.status, 0);
  EXPECT_TRUE(
      run.has("broadcast: the models of ranks 0 and 1 differ: weight: float32 (2, 3), but weight: float32 (5, "
              "3)"))
      << run.output;
}

TEST(Mpi, AnErrorOfMpiIsAnError) {
  const Run run = mpirun(2, "misfit");
  EXPECT_NE(run.status, 0);
  EXPECT_TRUE(run.has("ends with an exception, and with it all ranks: MPI_Bcast: ")) << run.output;
}

TEST(Mpi, ASessionJoinsARunningMpiAndEndsWithoutIt) {
  const Run run = mpirun(2, "join");
  expect_ok(run);
  EXPECT_EQ(run.output,
            "Communicator: its Session has ended\n"
            "Session: MPI has ended in this process, and cannot begin again\n");
}

TEST(Mpi, WithoutMpirunThereIsOneRank) {
  if (!is_open_mpi()) return;
  ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
  EXPECT_EQ(std::system(XTAPE_MPI_RANKS " sums"), 0);
}

}  // namespace
}  // namespace xtape
