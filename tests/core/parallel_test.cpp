#include "core/parallel.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/expect.hpp"

static bool is_forked_child = false;

/// Asked by LeakSanitizer at exit. It stops all threads; in a forked child it looks for the parent's, too, which do not
/// exist there, says so, and now and then waits for ever.
extern "C" int __lsan_is_turned_off() { return is_forked_child; }

namespace xtape {
namespace {

/// Sets the number of threads for a scope.
class Threads {
 public:
  explicit Threads(int n) : before_(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before_); }

 private:
  int before_;
};

/// Waits until the condition holds, or a minute.
template <class F>
void wait_until(F condition) {
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition() && std::chrono::steady_clock::now() < late) std::this_thread::yield();
}

/// The sum over i of i^2 + 1, by blocks.
std::int64_t total(std::int64_t count) {
  std::vector<std::int64_t> results(static_cast<std::size_t>(count));
  parallel_for(count, num_threads(), [&](std::int64_t i) { results[static_cast<std::size_t>(i)] += i * i + 1; });
  return std::accumulate(results.begin(), results.end(), std::int64_t{0});
}

TEST(ParallelFor, RunsEveryBlockOnce) {
  for (int n : {1, 2, 3, 4, 8}) {
    Threads threads(n);
    for (int repeat = 0; repeat < 100; ++repeat) EXPECT_EQ(total(37), 16206 + 37) << n;
  }
}

TEST(ParallelFor, OfNoBlocksRunsNothing) {
  Threads threads(2);
  parallel_for(0, num_threads(), [](std::int64_t) { FAIL(); });
  parallel_for(-1, num_threads(), [](std::int64_t) { FAIL(); });
}

TEST(ParallelFor, RunsBlocksAtTheSameTime) {
  Threads threads(2);
  std::atomic<int> started{0};
  parallel_for(2, num_threads(), [&](std::int64_t) {
    ++started;
    wait_until([&started] { return started == 2; });
  });
  EXPECT_EQ(started, 2);
}

TEST(ParallelFor, LetsEachThreadBeginWithARangeOfItsOwn) {
  Threads threads(2);
  const auto caller = std::this_thread::get_id();
  std::atomic<std::int64_t> firsts[2] = {-1, -1};  // of the caller and of the other thread
  parallel_for(8, num_threads(), [&](std::int64_t i) {
    std::int64_t none = -1;
    firsts[std::this_thread::get_id() == caller ? 0 : 1].compare_exchange_strong(none, i);
    wait_until([&firsts] { return firsts[0] >= 0 && firsts[1] >= 0; });
  });
  EXPECT_EQ(firsts[0], 0);
  EXPECT_EQ(firsts[1], 4);
}

TEST(ParallelFor, LetsAThreadThatIsReadyHelpTheOthers) {
  Threads threads(2);
  for (const std::int64_t late : {0, 4}) {  // the first block of the caller, of the other thread
    std::atomic<int> done{0};
    parallel_for(8, num_threads(), [&done, late](std::int64_t i) {
      if (i == late) {
        wait_until([&done] { return done == 7; });
        EXPECT_EQ(done, 7) << late;
      }
      ++done;
    });
  }
}

TEST(ParallelFor, WithOneThreadRunsOnTheCaller) {
  Threads threads(1);
  const auto here = std::this_thread::get_id();
  parallel_for(8, num_threads(), [&](std::int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
}

TEST(ParallelFor, ThrowsABlocksExceptionOnTheCaller) {
  for (int n : {1, 2, 4}) {
    Threads threads(n);
    for (int repeat = 0; repeat < 50; ++repeat) {
      EXPECT_THROW(parallel_for(16, num_threads(),
                                [](std::int64_t i) {
                                  if (i == 5) throw std::out_of_range("block 5");
                                }),
                   std::out_of_range);
      EXPECT_EQ(total(10), 295);  // the pool still works
    }
  }
}

TEST(ParallelFor, StartsNoBlockAfterAnException) {
  Threads threads(2);
  std::atomic<int> ran{0};
  EXPECT_THROW(parallel_for(100'000'000, num_threads(),
                            [&](std::int64_t) {
                              ++ran;
                              throw std::runtime_error("at once");
                            }),
               std::runtime_error);
  EXPECT_LE(ran, 2);
}

TEST(ParallelFor, RunsInlineInsideABlock) {
  Threads threads(4);
  std::atomic<int> elsewhere{0};
  std::atomic<std::int64_t> sum{0};
  parallel_for(8, num_threads(), [&](std::int64_t) {
    const auto here = std::this_thread::get_id();
    parallel_for(8, num_threads(), [&](std::int64_t i) {
      if (std::this_thread::get_id() != here) ++elsewhere;
      sum += i;
    });
  });
  EXPECT_EQ(elsewhere, 0);
  EXPECT_EQ(sum, 8 * 28);
}

TEST(ParallelFor, ServesSeveralHostThreads) {
  Threads threads(3);
  std::atomic<int> wrong{0};
  std::vector<std::thread> hosts;
  for (int t = 0; t < 4; ++t) {
    hosts.emplace_back([&wrong] {
      for (int repeat = 0; repeat < 200; ++repeat) wrong += total(20) != 2490;
    });
  }
  for (std::thread& host : hosts) host.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ParallelFor, TakesNoMoreThreadsThanItIsGiven) {
  Threads threads(8);
  const auto here = std::this_thread::get_id();
  parallel_for(8, 1, [&](std::int64_t) { EXPECT_EQ(std::this_thread::get_id(), here); });
}

TEST(ParallelFor, WorksOnWhenItsThreadsHaveFallenAsleep) {
  Threads threads(4);
  for (int repeat = 0; repeat < 20; ++repeat) {
    EXPECT_EQ(total(37), 16206 + 37);
    std::this_thread::sleep_for(std::chrono::milliseconds(repeat % 2));
  }
}

TEST(ThreadsFor, IsOneForWorkThatDoesNotPay) {
  Threads threads(8);
  EXPECT_EQ(threads_for(0), 1);
  EXPECT_EQ(threads_for(15e3), 1);
  EXPECT_EQ(threads_for(std::numeric_limits<double>::quiet_NaN()), 1);
}

TEST(ThreadsFor, IsAllOfThemForLongWork) {
  Threads threads(8);
  EXPECT_EQ(threads_for(10e9), 8);
  EXPECT_EQ(threads_for(std::numeric_limits<double>::infinity()), 8);
}

TEST(ThreadsFor, IsOneWhereOneThreadMayWork) {
  Threads threads(1);
  EXPECT_EQ(threads_for(10e9), 1);
}

TEST(ThreadsFor, IsOneInsideABlock) {
  Threads threads(4);
  parallel_for(8, num_threads(), [](std::int64_t) { EXPECT_EQ(threads_for(10e9), 1); });
}

TEST(NumThreads, IsWhatWasSet) {
  Threads threads(3);
  EXPECT_EQ(num_threads(), 3);
}

TEST(NumThreads, MayBeMoreThanTheMachineHas) {
  Threads threads(1000);
  EXPECT_EQ(total(1000), 332833500 + 1000);
}

TEST(NumThreads, IsOneOrMore) {
  testing::expect_error<ValueError>([] { set_num_threads(0); },
                                    "set_num_threads: the number of threads must be 1 or more, got 0");
  testing::expect_error<ValueError>([] { set_num_threads(-2); }, "1 or more, got -2");
}

// Neither ThreadSanitizer nor QEMU supports fork in a process with threads: tests/cpus.sh skips this suite, too.
#if !defined(__SANITIZE_THREAD__)
/// Runs f() in a forked child and returns the child's exit code.
template <class F>
int exit_code_of_child(F f) {
  const pid_t child = fork();
  if (child == 0) {
    is_forked_child = true;
    alarm(60);
    f();
    _exit(1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(ForkedPool, WorksInTheChild) {
  Threads threads(4);
  total(20);  // starts the threads of the parent's pool
  EXPECT_EQ(exit_code_of_child([] { _exit(total(20) == 2490 ? 0 : 2); }), 0);
  EXPECT_EQ(total(20), 2490);
}

TEST(ForkedPool, LetsItsProcessExit) {
  Threads threads(4);
  EXPECT_EQ(exit_code_of_child([] {
              total(20);
              std::quick_exit(0);
            }),
            0);
  EXPECT_EQ(exit_code_of_child([] {
              total(20);
              std::exit(0);
            }),
            0);
}

TEST(ForkedPool, LetsABlockEndItsProcess) {
  Threads threads(4);
  EXPECT_EQ(exit_code_of_child(
                [] { parallel_for(100, num_threads(), [](std::int64_t i) { i == 50 ? std::exit(7) : (void)0; }); }),
            7);
}

TEST(ForkedPool, ServesWorkAfterItHasStopped) {
  Threads threads(4);
  EXPECT_EQ(exit_code_of_child([] {
              std::atexit([] { _exit(total(20) == 2490 ? 5 : 6); });  // runs after the pool's own
              total(20);
              std::exit(0);
            }),
            5);
}
#endif

}  // namespace
}  // namespace xtape
