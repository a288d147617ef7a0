// The pool. Its threads start with the first work that they can share. After each piece of work they spin for a short
// time and then sleep. They are joined at exit, or when the shared library is unloaded. The pool itself is never
// destroyed: work that comes later, from the destructor of a global, runs on its caller's thread. A forked child has
// none of these threads and gets a new pool.
#include "core/parallel.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "core/fail.hpp"

namespace xtape {

namespace {

constexpr int max_workers = 63;

std::atomic<int> thread_count{1};
thread_local bool inside_block = false;
thread_local bool is_worker = false;

/// Tells the core that this is a spin loop.
void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// One call of parallel_for. Lives on its caller's stack.
struct Work {
  std::int64_t count;
  void (*block)(void*, std::int64_t);
  void* body;
  std::atomic<std::int64_t> next{0};
  std::mutex error_mutex = {};
  std::exception_ptr error = {};

  void run() noexcept {
    inside_block = true;
    for (std::int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      try {
        block(body, i);
      } catch (...) {
        next.store(count, std::memory_order_relaxed);
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    }
    inside_block = false;
  }
};

using Clock = std::chrono::steady_clock;

/// A training step of some hundred microseconds runs on one thread for about this long between two large ops. With a
/// shorter time a step takes longer on a busy machine, where a thread that sleeps gets a core late.
constexpr Clock::duration spin_time = std::chrono::microseconds(150);

/// Waits until the condition holds, but no longer than `limit`.
template <class F>
void spin_until(Clock::duration limit, F condition) noexcept {
  const auto end = Clock::now() + limit;
  while (!condition() && Clock::now() < end) {
    for (int i = 0; i < 16; ++i) pause();
  }
}

class Pool {
 public:
  static Pool& instance();

  /// False when another thread is using the pool, or it has stopped.
  bool run(Work& work, int helpers);
  void stop() noexcept;

 private:
  void start_workers(int workers);
  void worker();
  bool should_wake() const noexcept { return stopping_.load() || open_slots_.load() > 0; }

  std::mutex run_mutex_;  // held by the caller whose work the pool runs

  std::mutex mutex_;  // guards writes to everything below
  std::condition_variable wake_, done_;
  Work* work_ = nullptr;
  std::atomic<int> open_slots_{0};  // workers that may still join work_
  std::atomic<int> active_{0};      // workers inside work_
  std::atomic<bool> stopping_{false};
  int started_ = 0;
  std::thread workers_[max_workers];
};

// Static storage, so that a child process can build its pool over what it inherits: those threads do not exist in the
// child, and the mutexes may be locked forever.
alignas(Pool) std::byte pool_storage[sizeof(Pool)];

Pool& Pool::instance() {
  static Pool& pool = []() -> Pool& {
    pthread_atfork(nullptr, nullptr, [] { new (pool_storage) Pool; });
    std::atexit([] { instance().stop(); });
    return *new (pool_storage) Pool;
  }();
  return pool;
}

bool Pool::run(Work& work, int helpers) {
  std::unique_lock run_lock(run_mutex_, std::try_to_lock);
  if (!run_lock) return false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    start_workers(helpers);
    work_ = &work;
    open_slots_ = std::min(helpers, started_);
  }
  if (helpers == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
  const auto start = Clock::now();
  work.run();
  {
    std::lock_guard lock(mutex_);
    work_ = nullptr;
    open_slots_ = 0;
  }
  // The workers usually finish at about the same time, unless they started late or had to wait for a core.
  spin_until(std::clamp(2 * (Clock::now() - start), spin_time, 20 * spin_time), [this] { return active_ == 0; });
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return active_ == 0; });
  return true;
}

void Pool::start_workers(int workers) {
  try {
    for (; started_ < std::min(workers, max_workers); ++started_) {
      workers_[started_] = std::thread([this] { worker(); });
    }
  } catch (const std::system_error&) {
    // No more threads can be started: the caller and the running workers do the work.
  }
}

void Pool::worker() {
  is_worker = true;
  std::unique_lock lock(mutex_);
  while (true) {
    if (!should_wake()) {
      lock.unlock();
      spin_until(spin_time, [this] { return should_wake(); });
      lock.lock();
      wake_.wait(lock, [this] { return should_wake(); });
    }
    if (stopping_) return;
    --open_slots_;
    ++active_;
    Work& work = *work_;
    lock.unlock();
    work.run();
    lock.lock();
    if (--active_ == 0) done_.notify_one();
  }
}

void Pool::stop() noexcept {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (int i = 0; i < started_; ++i) {
    if (is_worker) {  // a block called exit(): a worker cannot join itself
      workers_[i].detach();
    } else {
      workers_[i].join();
    }
  }
}

}  // namespace

void set_num_threads(int n) {
  if (n < 1) fail<ValueError>("set_num_threads", "the number of threads must be 1 or more, got {}", n);
  thread_count.store(n, std::memory_order_relaxed);
}

int num_threads() noexcept { return thread_count.load(std::memory_order_relaxed); }

namespace detail {

void run_blocks(std::int64_t count, void (*block)(void* body, std::int64_t i), void* body) {
  const auto helpers = static_cast<int>(std::min<std::int64_t>(num_threads(), count)) - 1;
  if (helpers > 0 && !inside_block) {
    Work work{.count = count, .block = block, .body = body};
    if (Pool::instance().run(work, helpers)) {
      if (work.error) std::rethrow_exception(work.error);
      return;
    }
  }
  for (std::int64_t i = 0; i < count; ++i) block(body, i);
}

}  // namespace detail
}  // namespace xtape
