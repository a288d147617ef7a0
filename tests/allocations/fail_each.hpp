// Letting each request for memory of an operation fail in turn. Include it in one source file of a program, and not
// under sanitizers: it replaces malloc.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <thread>

#include "support/counted_malloc.hpp"
#include "xtape/error.hpp"

namespace xtape::testing {

/// From the n-th request on, memory is refused: once, or until the end of the scope.
class Failing {
 public:
  Failing(long n, bool for_good) : first_(requests + n) {
    last_to_fail = for_good ? LONG_MAX : first_;
    first_to_fail = first_;
  }
  ~Failing() { first_to_fail = LONG_MAX; }
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;

  bool has_failed() const { return requests >= first_; }

 private:
  const long first_;
};

enum class Outcome : std::uint8_t { done, done_in_spite_of_it, threw };

/// Calls f while its n-th request fails.
template <class F>
Outcome outcome_of(long n, bool for_good, F f) {
  std::string error;
  bool has_thrown = false, has_failed = false;
  {
    error.reserve(1000);
    const Failing failing(n, for_good);
    try {
      f();
    } catch (const std::bad_alloc&) {
      has_thrown = true;
    } catch (const Error& e) {
      has_thrown = true;
      error.assign(e.what(), std::min<std::size_t>(std::strlen(e.what()), 999));
    }
    has_failed = failing.has_failed();
  }
  EXPECT_TRUE(!has_thrown || has_failed) << error;
  if (!error.empty()) {
    EXPECT_TRUE(error.find("no memory") != std::string::npos || error.find("allocate memory") != std::string::npos)
        << error;
  }
  return has_thrown ? Outcome::threw : has_failed ? Outcome::done_in_spite_of_it : Outcome::done;
}

/// For every n: makes a subject, calls its run() while the n-th request fails, and lets it check what is left. Returns
/// how often run() threw. A thread keeps the memory that it is given back, and asks for none while that lasts; it gives
/// all up when it ends. So run() gets a new thread, and what is counted is counted when all threads have ended.
template <class Subject, class... Args>
long fail_each(const Args&... args) {
  long thrown = 0;
  for (const bool for_good : {false, true}) {
    if (for_good && requires { Subject::needs_memory_to_restore; }) break;
    bool is_over = false;
    for (long n = 1; !is_over; ++n) {
      const auto attempt = [&args..., &is_over, &thrown, n, for_good] {
        SCOPED_TRACE("request " + std::to_string(n) + (for_good ? " and all that follow" : ""));
        Subject subject(args...);
        Outcome outcome = Outcome::done;
        std::thread([&outcome, &subject, n, for_good] {
          outcome = outcome_of(n, for_good, [&subject] { subject.run(); });
        }).join();
        is_over = outcome == Outcome::done;
        thrown += outcome == Outcome::threw;
        subject.check(outcome == Outcome::threw);
      };
      if (n == 1) std::thread(attempt).join();  // makes what a process makes once
      const long before = live_bytes;
      std::thread(attempt).join();
      EXPECT_EQ(live_bytes, before) << n << " " << for_good;
      if (::testing::Test::HasFailure()) return thrown;
    }
  }
  return thrown;
}

}  // namespace xtape::testing
