// The pool. Its threads start with the first work that they can share. After a piece of work they spin for a short
// time, where the next piece usually comes that soon, and then sleep. They are joined at exit, or when the shared
// library is unloaded. The pool itself is never destroyed: work that comes later, from the destructor of a global, runs
// on its caller's thread. A forked child has none of these threads and gets a new pool.
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
#include <thread>
#include <utility>

#include "core/fail.hpp"
#include "core/wake_cost.hpp"
#include "xtape/detail/newest_error.hpp"

namespace xtape {

namespace {

constexpr int max_workers = 63;

std::atomic<int> thread_count{1};
thread_local bool inside_block = false;  // of work, or of a ThisThreadAlone: the pool is not used
thread_local bool is_worker = false;

/// Tells the core that this is a spin loop.
void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

using Clock = std::chrono::steady_clock;

double ns_since(Clock::time_point start) noexcept {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

/// One call of parallel_for. Lives on its caller's stack. The blocks are cut into ranges, one for each thread; who has
/// finished its own range helps with the others. So the same thread usually gets the same part of a batch in one op
/// after another, and finds it in its core's cache.
class Work {
 public:
  Work(std::int64_t count, int threads, void (*block)(void*, std::int64_t), void* body) noexcept
      : threads_(threads), block_(block), body_(body) {
    for (int t = 0; t < threads; ++t) {
      ranges_[t].next = count * t / threads;
      ranges_[t].end = count * (t + 1) / threads;
    }
  }

  /// Begins with the range of a thread: 0 is the caller's.
  void run(int thread) noexcept {
    inside_block = true;
    for (int t = 0; t < threads_; ++t) run_range(ranges_[(thread + t) % threads_]);
    inside_block = false;
  }
  void run_as_worker(int number) noexcept { run(1 + (number - 1) % (threads_ - 1)); }

  const Clock::time_point start = Clock::now();
  std::exception_ptr error = {};

 private:
  struct alignas(64) Range {  // a cache line of its own
    std::atomic<std::int64_t> next;
    std::int64_t end;

    /// A block that no other thread gets, or one behind the last.
    std::int64_t take() noexcept {
      return next.load(std::memory_order_relaxed) < end ? next.fetch_add(1, std::memory_order_relaxed) : end;
    }
  };

  void run_range(Range& range) noexcept {
    for (std::int64_t i; !failed_ && (i = range.take()) < range.end;) {
      try {
        block_(body_, i);
      } catch (...) {
        failed_ = true;
        std::lock_guard lock(error_mutex_);
        if (!error) error = std::current_exception();
      }
    }
  }

  const int threads_;
  void (*const block_)(void*, std::int64_t);
  void* const body_;
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_ = {};
  Range ranges_[max_workers + 1];
};

/// How long a worker spins before it sleeps. A training step of some hundred microseconds runs on one thread for about
/// this long between two large ops. With a shorter time a step takes longer on a busy machine, where a thread that
/// sleeps gets a core late.
constexpr Clock::duration spin_time = std::chrono::microseconds(150);

/// Nanoseconds of work below which a thread's share does not pay whatever waking costs: its data has to come from
/// another core's cache.
constexpr double smallest_share = 10'000;

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

  int threads_for(double ns, int most) noexcept;
  /// False when another thread is using the pool, or it has stopped.
  bool run(Work& work, int helpers);
  void stop() noexcept;

 private:
  void start_workers(int workers);
  WakeCost& wake(int helpers);
  int awake() const noexcept { return started_ - asleep_; }
  void wait_for_helpers(const Work& work);
  void worker(int number);
  Work* join() noexcept;
  void leave() noexcept;
  bool wait_for_work();
  bool should_wake() const noexcept { return stopping_ || seats_ >= one_invitation; }

  static constexpr std::uint32_t one_invitation = 1 << 16;

  std::mutex run_mutex_;  // held by the caller whose work the pool runs; guards the next two
  Work* work_ = nullptr;
  Clock::time_point last_end_ = Clock::now();

  // How many workers may still join work_ (high half) and how many are inside it (low half): one word, so that no
  // worker joins after the caller has stopped waiting.
  std::atomic<std::uint32_t> seats_{0};
  std::atomic<bool> stopping_{false};

  std::atomic<int> started_{0}, asleep_{0};  // workers
  std::atomic<int> soon_{2};                 // 0 to 3: whether the next work usually comes within spin_time
  WakeCost cost_awake_{2'000}, cost_asleep_{40'000};

  std::mutex mutex_;  // for sleeping, starting and stopping
  std::condition_variable wake_, done_;
  std::thread workers_[max_workers];
  std::atomic<bool> caller_sleeps_{false};
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

/// A share of the work should take twice as long as it takes until its thread begins. Threads that are awake begin
/// sooner than those that sleep, so that it may pay to use just the former.
int Pool::threads_for(double ns, int most) noexcept {
  const double if_awake = ns / std::max(smallest_share, 2 * cost_awake_.ns());
  const double if_asleep = ns / std::max(smallest_share, 2 * cost_asleep_.ns());
  const double wanted = std::max(std::min<double>(if_awake, 1 + awake()), if_asleep);
  const int threads = static_cast<int>(std::min<double>(wanted, most));
  if (threads >= 2) return threads;
  cost_asleep_.forget();
  cost_awake_.forget();
  return 1;
}

bool Pool::run(Work& work, int helpers) {
  std::unique_lock run_lock(run_mutex_, std::try_to_lock);
  if (!run_lock || stopping_) return false;
  start_workers(helpers);
  const bool is_soon = work.start - last_end_ < spin_time;
  soon_ = std::clamp(soon_ + (is_soon ? 1 : -1), 0, 3);
  work_ = &work;
  helpers = std::min<int>(helpers, started_);
  WakeCost& cost = wake(helpers);
  work.run(0);
  const std::uint32_t left_over = seats_.fetch_and(one_invitation - 1) / one_invitation;
  if (std::cmp_equal(left_over, helpers)) cost.observe(std::max(ns_since(work.start), cost.ns()));  // nobody came yet
  wait_for_helpers(work);
  last_end_ = Clock::now();
  return true;
}

/// Returns the cost that the next observation is of.
WakeCost& Pool::wake(int helpers) {
  seats_ = static_cast<std::uint32_t>(helpers) * one_invitation;
  // A worker that goes to sleep counts itself as asleep first, and looks at seats_ then.
  const int sleepers = std::min<int>(helpers - awake(), asleep_);
  if (sleepers <= 0) return cost_awake_;
  std::lock_guard lock(mutex_);
  for (int i = 0; i < sleepers; ++i) wake_.notify_one();
  return cost_asleep_;
}

void Pool::wait_for_helpers(const Work& work) {
  // The workers usually finish at about the same time, unless they started late or had to wait for a core.
  spin_until(std::clamp(2 * (Clock::now() - work.start), spin_time, 20 * spin_time), [this] { return seats_ == 0; });
  if (seats_ == 0) return;
  std::unique_lock lock(mutex_);
  caller_sleeps_ = true;
  done_.wait(lock, [this] { return seats_ == 0; });
  caller_sleeps_ = false;
}

void Pool::start_workers(int workers) {
  if (started_ >= std::min(workers, max_workers)) return;
  std::lock_guard lock(mutex_);
  try {
    for (; !stopping_ && started_ < std::min(workers, max_workers); ++started_) {
      workers_[started_] = std::thread([this, number = started_ + 1] { worker(number); });
    }
  } catch (const std::exception&) {  // std::system_error, or std::bad_alloc
    // No more threads can be started: the caller and the running workers do the work.
  }
}

/// Workers are numbered from 1 on.
void Pool::worker(int number) {
  is_worker = true;
  while (true) {
    const bool has_slept = wait_for_work();
    if (stopping_) return;
    Work* work = join();
    if (!work) continue;
    (has_slept ? cost_asleep_ : cost_awake_).observe(ns_since(work->start));
    work->run_as_worker(number);
    leave();
  }
}

/// Null when there is no seat left.
Work* Pool::join() noexcept {
  for (std::uint32_t seats = seats_; seats >= one_invitation;) {
    if (seats_.compare_exchange_weak(seats, seats - one_invitation + 1)) return work_;
  }
  return nullptr;
}

void Pool::leave() noexcept {
  if (--seats_ != 0 || !caller_sleeps_) return;
  std::lock_guard lock(mutex_);
  done_.notify_one();
}

/// True when this thread has slept.
bool Pool::wait_for_work() {
  if (soon_ >= 2) spin_until(spin_time, [this] { return should_wake(); });
  if (should_wake()) return false;
  std::unique_lock lock(mutex_);
  ++asleep_;
  wake_.wait(lock, [this] { return should_wake(); });
  --asleep_;
  return true;
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

int threads_for(double ns) noexcept {
  const int most = num_threads();
  if (most == 1 || inside_block || !(ns >= 2 * smallest_share)) return 1;
  return Pool::instance().threads_for(ns, most);
}

ThisThreadAlone::ThisThreadAlone() noexcept : previous_(std::exchange(inside_block, true)) {}
ThisThreadAlone::~ThisThreadAlone() { inside_block = previous_; }

namespace detail {

void run_blocks(std::int64_t count, int threads, void (*block)(void* body, std::int64_t i), void* body) {
  const auto helpers = static_cast<int>(std::min<std::int64_t>({threads, count, max_workers + 1})) - 1;
  if (helpers > 0 && !inside_block) {
    Work work(count, helpers + 1, block, body);
    if (Pool::instance().run(work, helpers)) {
      if (work.error) rethrow_from_thread(work.error);
      return;
    }
  }
  for (std::int64_t i = 0; i < count; ++i) block(body, i);
}

}  // namespace detail
}  // namespace xtape
