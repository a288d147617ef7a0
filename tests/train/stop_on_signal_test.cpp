// Signals: the first is noted, the second ends the process, and afterwards all is as before.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "support/expect.hpp"
#include "support/signals.hpp"

namespace xtape {
namespace {

using testing::ActionFor;
using Guard = train::StopOnSignal;

/// What waitpid says about a process that runs f() and then exits with status 0.
template <class F>
int status_of(F f) {
  const pid_t child = fork();
  if (child == 0) {
    f();
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

volatile std::sig_atomic_t handled = 0;
void count_signal(int) { handled = handled + 1; }

class StopOnSignal : public ::testing::Test {
  testing::DefaultSignals in_the_foreground_;
};

TEST_F(StopOnSignal, NotesTheFirstSignalAndLetsTheProgramGoOn) {
  for (const int number : {SIGINT, SIGTERM}) {
    const Guard guard;
    EXPECT_EQ(Guard::received(), 0);
    raise(number);
    EXPECT_EQ(Guard::received(), number);
  }
}

TEST_F(StopOnSignal, EndsTheProcessAtTheSecondSignalWithThatSignalsStatus) {
  for (const int first : {SIGINT, SIGTERM}) {
    for (const int second : {SIGINT, SIGTERM}) {
      const int status = status_of([first, second] {
        const Guard guard;
        raise(first);
        raise(second);
      });
      EXPECT_TRUE(WIFSIGNALED(status)) << first << " " << second;
      EXPECT_EQ(WTERMSIG(status), second);
    }
  }
}

TEST_F(StopOnSignal, EndsAProcessThatIsBusy) {
  std::array<int, 2> noted{};
  ASSERT_EQ(pipe(noted.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    const Guard guard;
    bool told = write(noted[1], "b", 1) != 1;  // the guard exists
    for (;;) {
      if (!told && Guard::received() == SIGINT) told = write(noted[1], "n", 1) == 1;
    }
  }
  close(noted[1]);  // so that reading ends if the child does
  for (const char expected : {'b', 'n'}) {
    char got = '\0';
    EXPECT_EQ(read(noted[0], &got, 1), 1);
    EXPECT_EQ(got, expected);
    kill(child, SIGINT);
  }
  int status = 0;
  waitpid(child, &status, 0);
  close(noted[0]);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST_F(StopOnSignal, LetsAReadGoOn) {
  std::array<int, 2> bytes{};
  ASSERT_EQ(pipe(bytes.data()), 0);
  const int status = status_of([&bytes] {
    const Guard guard;
    const pid_t reader = getpid();
    if (fork() == 0) {
      usleep(20000);  // until the read has begun; if it has not, the test shows less
      kill(reader, SIGTERM);
      usleep(20000);
      _exit(write(bytes[1], "x", 1) != 1);
    }
    char got = '\0';
    const bool has_read = read(bytes[0], &got, 1) == 1;
    _exit(has_read && Guard::received() == SIGTERM ? 7 : 1);
  });
  for (const int end : bytes) close(end);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(StopOnSignal, BringsBackTheHandlersOfBefore) {
  for (const int number : {SIGINT, SIGTERM}) {
    const ActionFor counting(number, count_signal);
    handled = 0;
    {
      const Guard guard;
      raise(number);
      EXPECT_EQ(handled, 0);
    }
    EXPECT_EQ(Guard::received(), 0);
    raise(number);
    EXPECT_EQ(handled, 1);
  }
  const int status = status_of([] {
    { const Guard guard; }
    raise(SIGTERM);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(StopOnSignal, LeavesAnIgnoredSignalIgnored) {
  const ActionFor ignoring(SIGINT, SIG_IGN);
  {
    const Guard guard;
    for (int i = 0; i < 3; ++i) raise(SIGINT);
    EXPECT_EQ(Guard::received(), 0);
    raise(SIGTERM);
    EXPECT_EQ(Guard::received(), SIGTERM);
  }
  raise(SIGINT);  // would end the tests
}

TEST_F(StopOnSignal, IsOneAtATime) {
  {
    const Guard guard;
    testing::expect_error<ValueError>(
        [] { const Guard second; }, "StopOnSignal: there is a guard already; one at a time decides what a signal does");
    raise(SIGINT);
    EXPECT_EQ(Guard::received(), SIGINT);
  }
  const Guard next;
  EXPECT_EQ(Guard::received(), 0);
}

}  // namespace
}  // namespace xtape
