// What a signal does while a test runs.
#pragma once

#include <csignal>

namespace xtape::testing {

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

/// Whoever started the tests may have them ignore a signal: a shell does so for a job in the background.
class DefaultSignals {
  ActionFor interrupt_{SIGINT, SIG_DFL}, terminate_{SIGTERM, SIG_DFL};
};

}  // namespace xtape::testing
