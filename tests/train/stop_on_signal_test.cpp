// Signals: the first is noted, the second ends the process, and afterwards all is as before.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "support/expect.hpp"

namespace xtape {
namespace {

using train::StopOnSignal;

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

/// Installs an action for a signal, and afterwards that of before.
class ActionFor {
 public:
  ActionFor(int number, void (*action)(int)) : number_(number) {
    struct sigaction ours = {};
    ours.sa_handler = action;
    sigaction(number, &ours, &before_);
  }
  ~ActionFor() { sigaction(number_, &before_, nullptr); }
  ActionFor(const ActionFor&) = delete;
  ActionFor& operator=(const ActionFor&) = delete;

 private:
  int number_;
  struct sigaction before_ = {};
};

volatile std::sig_atomic_t handled = 0;
void count_signal(int) { handled = handled + 1; }

TEST(StopOnSignal, NotesTheFirstSignalAndLetsTheProgramGoOn) {
  for (const int number : {SIGINT, SIGTERM}) {
    const StopOnSignal guard;
    EXPECT_EQ(StopOnSignal::received(), 0);
    raise(number);
    EXPECT_EQ(StopOnSignal::received(), number);
  }
}

TEST(StopOnSignal, EndsTheProcessAtTheSecondSignalWithThatSignalsStatus) {
  for (const int first : {SIGINT, SIGTERM}) {
    for (const int second : {SIGINT, SIGTERM}) {
      const int status = status_of([first, second] {
        const StopOnSignal guard;
        raise(first);
        raise(second);
      });
      EXPECT_TRUE(WIFSIGNALED(status)) << first << " " << second;
      EXPECT_EQ(WTERMSIG(status), second);
    }
  }
}

TEST(StopOnSignal, EndsAProcessThatIsBusy) {
  std::array<int, 2> noted{};
  ASSERT_EQ(pipe(noted.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const StopOnSignal guard;
    bool told = write(noted[1], "b", 1) != 1;  // the guard exists
    for (;;) {
      if (!told && StopOnSignal::received() == SIGINT) told = write(noted[1], "n", 1) == 1;
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

TEST(StopOnSignal, LetsAReadGoOn) {
  std::array<int, 2> bytes{};
  ASSERT_EQ(pipe(bytes.data()), 0);
  const int status = status_of([&bytes] {
    const StopOnSignal guard;
    const pid_t reader = getpid();
    if (fork() == 0) {
      usleep(20000);  // until the read has begun; if it has not, the test shows less
      kill(reader, SIGTERM);
      usleep(20000);
      _exit(write(bytes[1], "x", 1) != 1);
    }
    char got = '\0';
    const bool has_read = read(bytes[0], &got, 1) == 1;
    _exit(has_read && StopOnSignal::received() == SIGTERM ? 7 : 1);
  });
  for (const int end : bytes) close(end);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(StopOnSignal, BringsBackTheHandlersOfBefore) {
  for (const int number : {SIGINT, SIGTERM}) {
    const ActionFor counting(number, count_signal);
    handled = 0;
    {
      const StopOnSignal guard;
      raise(number);
      EXPECT_EQ(handled, 0);
    }
    EXPECT_EQ(StopOnSignal::received(), 0);
    raise(number);
    EXPECT_EQ(handled, 1);
  }
  const int status = status_of([] {
    { const StopOnSignal guard; }
    raise(SIGTERM);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(StopOnSignal, LeavesAnIgnoredSignalIgnored) {
  const ActionFor ignoring(SIGINT, SIG_IGN);
  {
    const StopOnSignal guard;
    for (int i = 0; i < 3; ++i) raise(SIGINT);
    EXPECT_EQ(StopOnSignal::received(), 0);
    raise(SIGTERM);
    EXPECT_EQ(StopOnSignal::received(), SIGTERM);
  }
  raise(SIGINT);  // would end the tests
}

TEST(StopOnSignal, IsOneAtATime) {
  {
    const StopOnSignal guard;
    testing::expect_error<ValueError>(
        [] { const StopOnSignal second; },
        "StopOnSignal: there is a guard already; one at a time decides what a signal does");
    raise(SIGINT);
    EXPECT_EQ(StopOnSignal::received(), SIGINT);
  }
  const StopOnSignal next;
  EXPECT_EQ(StopOnSignal::received(), 0);
}

}  // namespace
}  // namespace xtape
