#include "files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace {

[[noreturn]] void fail_for(const std::string& op, const std::string& path, int error) {
  throw xtape::FileError(op, fmt::format("\"{}\": {}", path, std::strerror(error)));
}

}  // namespace

std::string read_file(const std::string& op, const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_for(op, path, errno);
  std::string text;
  char block[1 << 14];
  ssize_t n = 0;
  while ((n = ::read(file, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)) {
    if (n > 0) text.append(block, static_cast<std::size_t>(n));
  }
  const int error = n < 0 ? errno : 0;
  ::close(file);
  if (error != 0) fail_for(op, path, error);
  return text;
}

void print_message(const std::string& message) { fmt::print(stderr, "xtape-mnist: {}\n", message); }

void flush(std::FILE* out) {
  if (std::fflush(out) != 0 || std::ferror(out) != 0) {
    if (out == stdout && reader_is_gone()) throw ReaderIsGone();
    throw xtape::FileError(out == stdout ? "stdout" : "stderr", "cannot be written to");
  }
}

bool reader_is_gone() {
  pollfd out = {.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  struct stat status {};
  return ::fstat(STDOUT_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) &&
         ::poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}
