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

/// 0, or the number of the error.
int write_all_of(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return ::fsync(file) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

void write_file(const std::string& op, const std::string& path, const std::string& text) {
  const std::string beside = path + ".tmp";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail_for(op, path, errno);
  int error = write_all_of(file, text);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(beside.c_str());
  fail_for(op, path, error);
}

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
