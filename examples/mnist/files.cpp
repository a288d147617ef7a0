#include "files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "untrusted.hpp"

namespace {

constexpr std::size_t largest_file = 1 << 20;  // of configurations and records

[[noreturn]] void fail_for(const std::string& op, const std::string& path, int error) {
  throw xtape::FileError(op, fmt::format("\"{}\": {}", path, std::strerror(error)));
}

}  // namespace

std::string read_file(const std::string& op, const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO would wait for a writer
  if (file < 0) fail_for(op, path, errno);
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    throw xtape::FileError(op, fmt::format("\"{}\" is not a regular file", path));
  }
  std::string text;
  char block[1 << 14];
  ssize_t n = 0;
  while ((n = ::read(file, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)) {
    if (n > 0) text.append(block, static_cast<std::size_t>(n));
    if (text.size() > largest_file) break;
  }
  const int error = n < 0 ? errno : 0;
  ::close(file);
  if (text.size() > largest_file) {
    throw xtape::FileError(op, fmt::format("\"{}\" has more than {} bytes", path, largest_file));
  }
  if (error != 0) fail_for(op, path, error);
  return text;
}

void print_message(const std::string& message) {
  fmt::print(message_stream(), "xtape-mnist: {}\n", xtape::io::printable(message));
}

std::FILE* message_stream() {
  const auto write = [](void*, const char* text, std::size_t size) -> ssize_t {
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::write(STDERR_FILENO, text + done, size - done);
      if (n < 0 && errno != EINTR) break;
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    return static_cast<ssize_t>(size);
  };
  static std::FILE* const stream = [&write] {
    std::FILE* file = ::fopencookie(nullptr, "w", {.read = nullptr, .write = write, .seek = nullptr, .close = nullptr});
    if (!file) throw xtape::FileError("stderr", std::strerror(errno));
    std::setvbuf(file, nullptr, _IOLBF, BUFSIZ);
    return file;
  }();
  return stream;
}

void open_standard_streams() {
  for (const auto& [stream, mode] :
       {std::pair{STDIN_FILENO, O_RDONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}}) {
    if (::fcntl(stream, F_GETFD) < 0) (void)::open("/dev/null", mode);  // open takes the lowest number that is free
  }
}

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
