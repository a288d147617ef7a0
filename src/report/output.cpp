#include "report/output.hpp"

#include <poll.h>

#include <cerrno>

namespace xtape::report {

void Output::write(std::string_view text) noexcept {
  const int errno_before = errno;
  while (!failed_ && !text.empty()) {
    text.remove_prefix(std::fwrite(text.data(), 1, text.size(), file_));
    failed_ = !text.empty() && !may_go_on();
  }
  while (!failed_ && std::fflush(file_) != 0) failed_ = !may_go_on();
  errno = errno_before;
}

/// After a write that stopped short: a signal came, or the reader of a file that does not block is slow. Such a reader
/// gets a second.
bool Output::may_go_on() const noexcept {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  pollfd poll_for = {.fd = fileno(file_), .events = POLLOUT, .revents = 0};
  return poll(&poll_for, 1, 1000) > 0 && (poll_for.revents & POLLOUT) != 0;
}

}  // namespace xtape::report
