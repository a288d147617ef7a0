#include "core/lock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace xtape::detail {
namespace {

TEST(Lock, LetsOneThreadInAtATime) {
  Lock lock;
  std::int64_t count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&lock, &count] {
      for (int i = 0; i < 20'000; ++i) {
        const std::lock_guard guard(lock);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 160'000);
}

TEST(Lock, WakesAllWhoWaitForALongTime) {
  Lock lock;
  int count = 0;
  std::vector<std::thread> threads;
  {
    const std::lock_guard guard(lock);  // before there are other threads
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&lock, &count] {
        const std::lock_guard mine(lock);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        ++count;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(count, 0);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 4);
}

}  // namespace
}  // namespace xtape::detail
