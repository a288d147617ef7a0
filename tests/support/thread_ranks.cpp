#include "support/thread_ranks.hpp"

#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "core/generator_scope.hpp"

namespace xtape::testing {

namespace {

/// What the threads share: the place where each shows its bytes to the others.
struct Meeting {
  explicit Meeting(int ranks) : n(static_cast<std::size_t>(ranks)), shown(n) {}

  /// Returns when all ranks are here; throws if one has given up.
  void meet() {
    std::unique_lock lock(mutex);
    const std::size_t round = rounds;
    if (!is_broken) wait(lock, [this, round] { return rounds != round || is_broken; });
    if (rounds == round) throw std::runtime_error("another rank has failed");
  }
  /// After meet(), when a rank has read what others have shown: returns when all have.
  void part() {
    std::unique_lock lock(mutex);
    wait(lock, [this, round = rounds] { return rounds != round; });
  }
  template <class F>
  void wait(std::unique_lock<std::mutex>& lock, F is_over) {
    if (++waiting == n) {
      waiting = 0;
      ++rounds;
      changed.notify_all();
    } else {
      changed.wait(lock, is_over);
    }
  }
  void give_up() noexcept {
    const std::lock_guard lock(mutex);
    is_broken = true;
    changed.notify_all();
  }

  const std::size_t n;
  std::vector<const std::byte*> shown;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t waiting = 0, rounds = 0;
  bool is_broken = false;
};

class ThreadCommunicator final : public distributed::Communicator {
 public:
  ThreadCommunicator(Meeting& meeting, int rank, const RankOptions& options)
      : Communicator(rank, static_cast<int>(meeting.n)),
        meeting_(meeting),
        options_(options),
        own_(static_cast<std::size_t>(rank)) {}

 private:
  void wait() const override { meeting_.meet(); }
  void send_from(int root, std::byte* bytes, std::size_t count) const override {
    show(bytes, rank() == root ? count * (meeting_.n - 1) : 0);
    if (rank() != root) std::memcpy(bytes, meeting_.shown[static_cast<std::size_t>(root)], count);
    meeting_.part();
  }
  void gather_blocks(std::byte* all, std::size_t bytes) const override {
    show(all, bytes * (meeting_.n - 1));
    for (std::size_t r = 0; r < meeting_.n; ++r) {
      if (r != own_) std::memcpy(all + r * bytes, meeting_.shown[r] + r * bytes, bytes);
    }
    meeting_.part();
  }
  void exchange_blocks(const std::byte* out, std::byte* in, std::size_t bytes) const override {
    show(out, bytes * (meeting_.n - 1));
    for (std::size_t r = 0; r < meeting_.n; ++r) {
      if (r != own_) std::memcpy(in + r * bytes, meeting_.shown[r] + own_ * bytes, bytes);
    }
    meeting_.part();
  }
  bool overlaps() const noexcept override { return options_.overlaps; }
  void give_up() const noexcept override { meeting_.give_up(); }
  /// Before `count` of the bytes go to others.
  void show(const std::byte* bytes, std::size_t count) const {
    if (options_.before_move) options_.before_move(rank(), count);
    meeting_.shown[own_] = bytes;
    meeting_.meet();
  }

  Meeting& meeting_;
  const RankOptions& options_;
  const std::size_t own_;
};

/// What each rank has thrown, or null.
std::vector<std::exception_ptr> thrown_by(int ranks, const std::function<void(const distributed::Communicator&)>& f,
                                          const RankOptions& options) {
  Meeting meeting(ranks);
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(ranks));
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r) {
    threads.emplace_back([&meeting, &f, &thrown, &options, r] {
      Generator generator(options.seed);
      const xtape::detail::GeneratorScope scope(generator);
      const ThreadCommunicator comm(meeting, r, options);
      try {
        f(comm);
      } catch (...) {
        thrown[static_cast<std::size_t>(r)] = std::current_exception();
        meeting.give_up();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  return thrown;
}

std::string message_of(const std::exception_ptr& e) {
  try {
    if (e) std::rethrow_exception(e);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

void run_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f, const RankOptions& options) {
  const std::vector<std::exception_ptr> thrown = thrown_by(ranks, f, options);
  std::exception_ptr first;
  for (const std::exception_ptr& e : thrown) {
    if (e && (!first || message_of(first) == "another rank has failed")) first = e;
  }
  if (first) std::rethrow_exception(first);
}

std::vector<std::string> errors_of_ranks(int ranks, const std::function<void(const distributed::Communicator&)>& f,
                                         const RankOptions& options) {
  std::vector<std::string> errors;
  for (const std::exception_ptr& e : thrown_by(ranks, f, options)) errors.push_back(message_of(e));
  return errors;
}

}  // namespace xtape::testing
