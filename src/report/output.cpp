#include "report/output.hpp"

#include <poll.h>

#include <cerrno>

namespace xtape::report {

void Output::write(std::string_view text) noexcept {
  if (failed_) return;
  const int errno_before = errno;
  // Where writing does not block (terminals that several programs share may be so), a slow reader gets a second.
  pollfd room = {.fd = fileno(file_), .events = POLLOUT, .revents = 0};
  if (room.fd >= 0) poll(&room, 1, 1000);
  failed_ = std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0;
  errno = errno_before;
}

}  // namespace xtape::report
