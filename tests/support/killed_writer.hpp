// A process that is killed while it saves.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <new>
#include <random>

namespace xtape::testing {

/// `save(n)` writes a file that stands for n, and `load()` returns the number that it finds. A process that saves 1, 2,
/// ... as fast as it can is killed `rounds` times, each up to 12 ms after its first save, however long that takes:
/// expects that the file loads every time, and holds the last number that the process knew to be saved, or a later one.
/// The last number is saved once more, which sweeps what the killed processes left.
inline void expect_survives_kills(int rounds, const std::function<void(int)>& save, const std::function<int()>& load) {
  save(0);
  void* const shared = mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* const saved = new (shared) std::atomic<int>(0);  // the last number that the writer knows to be saved
  std::minstd_rand random;                               // the same instants each time
  for (int round = 0; round < rounds; ++round) {
    const int before = *saved;
    const pid_t writer = fork();
    if (writer == 0) {
      try {
        for (int n = *saved + 1;; ++n) {
          save(n);
          *saved = n;
        }
      } catch (...) {
        _exit(1);
      }
    }
    int status = 0;
    pid_t ended = 0;
    while (*saved == before && ended == 0) {
      usleep(100);
      ended = waitpid(writer, &status, WNOHANG);
    }
    if (ended == 0) {
      usleep(std::uniform_int_distribution<useconds_t>(0, 12000)(random));
      kill(writer, SIGKILL);
      waitpid(writer, &status, 0);
    }
    EXPECT_TRUE(WIFSIGNALED(status)) << "saving failed";
    EXPECT_GE(load(), *saved) << "round " << round;
  }
  munmap(shared, sizeof(int));
  save(load());
}

}  // namespace xtape::testing
