// The handler of StopOnSignal. It uses what may be used in a handler alone: atomics that need no lock, sigaction,
// pthread_sigmask and raise.
//
// Invariant: our handler is installed only while a guard exists, and never over an ignored signal.
#include "xtape/train/stop_on_signal.hpp"

#include <atomic>
#include <csignal>
#include <iterator>

#include "core/fail.hpp"

namespace xtape::train {

namespace {

constexpr int stopping_signals[] = {SIGINT, SIGTERM};

std::atomic<bool> has_guard = false;
std::atomic<int> first_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);
struct sigaction handlers_before[std::size(stopping_signals)];

bool is_ignored(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

/// The default action of `number` ends the process, and so its status names the signal.
void end_process_by(int number) {
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  sigaction(number, &by_default, nullptr);
  sigset_t unblocked;  // the signal whose handler runs is blocked
  sigemptyset(&unblocked);
  sigaddset(&unblocked, number);
  pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr);
  raise(number);
}

void note_signal(int number) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) end_process_by(number);
}

}  // namespace

StopOnSignal::StopOnSignal() {
  if (has_guard.exchange(true)) {
    fail<ValueError>("StopOnSignal", "there is a guard already; one at a time decides what a signal does");
  }
  first_signal = 0;
  struct sigaction ours = {};
  ours.sa_handler = note_signal;
  ours.sa_flags = SA_RESTART;  // a read or write that the signal meets goes on
  for (std::size_t i = 0; i < std::size(stopping_signals); ++i) {
    sigaction(stopping_signals[i], nullptr, &handlers_before[i]);
    // As under nohup: who started the program wants it to go on.
    if (!is_ignored(handlers_before[i])) sigaction(stopping_signals[i], &ours, nullptr);
  }
}

StopOnSignal::~StopOnSignal() {
  for (std::size_t i = 0; i < std::size(stopping_signals); ++i) {
    sigaction(stopping_signals[i], &handlers_before[i], nullptr);
  }
  first_signal = 0;
  has_guard = false;
}

int StopOnSignal::received() noexcept { return first_signal; }

}  // namespace xtape::train
