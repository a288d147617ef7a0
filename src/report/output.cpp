#include "report/output.hpp"

#include <poll.h>

#include <cerrno>

namespace xtape::report {

namespace {

/// Waits so long for room to write; false if there is none then. A file that is no descriptor has room.
bool waits_for_room(std::FILE* file, int milliseconds) noexcept {
  const int errno_before = errno;
  pollfd room = {.fd = fileno(file), .events = POLLOUT, .revents = 0};
  const bool has_room = room.fd < 0 || poll(&room, 1, milliseconds) > 0;  // also where writing will fail
  errno = errno_before;
  return has_room;
}

}  // namespace

void Output::put(std::string_view text) noexcept {
  const int errno_before = errno;
  failed_ = failed_ || std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0;
  errno = errno_before;
}

void Output::write(std::string_view text) noexcept {
  if (failed_ || (waiting_.empty() && text.empty())) return;
  // Where writing does not block (terminals that several programs share may be so), a slow reader gets a second.
  waits_for_room(file_, 1000);
  put(waiting_);
  waiting_.clear();
  put(text);
}

void Output::offer(std::string_view text) {
  waiting_ += text;
  write_waiting();
}

bool Output::has_room() noexcept {
  write_waiting();
  return waiting_.empty() && waits_for_room(file_, 0);
}

void Output::write_waiting() noexcept {
  constexpr std::size_t at_once = 500;  // a terminal that has any room takes so much
  std::size_t written = 0;
  for (; written < waiting_.size() && waits_for_room(file_, 0); written += at_once) {
    put(std::string_view(waiting_).substr(written, at_once));
  }
  waiting_.erase(0, written);
}

}  // namespace xtape::report
