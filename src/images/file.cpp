#include "images/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "xtape/error.hpp"

namespace xtape::images {

namespace {

/// An open file, closed when it goes out of scope.
struct OpenFile {
  explicit OpenFile(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  const int fd;
};

[[noreturn]] void fail_with_errno(const char* op, const std::string& path) {
  throw FileError(op, in_quotes(path) + ": " + std::generic_category().message(errno));
}

}  // namespace

std::string in_quotes(const std::string& path) { return '"' + path + '"'; }

FileBytes read_file(const char* op, const std::string& path, std::int64_t most) {
  const OpenFile file(path);
  if (file.fd < 0) fail_with_errno(op, path);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail_with_errno(op, path);
  if (S_ISDIR(status.st_mode)) throw FileError(op, in_quotes(path) + " is a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw FileError(op, in_quotes(path) + " is not a regular file");
  if (status.st_size > most_file_bytes) {
    throw FileError(op, in_quotes(path) + " has " + std::to_string(status.st_size) + " bytes; a picture has at most " +
                            std::to_string(most_file_bytes));
  }
  const std::int64_t size = std::min<std::int64_t>(status.st_size, most);
  FileBytes read{std::vector<std::uint8_t>(static_cast<std::size_t>(size)), size == status.st_size};
  std::int64_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.fd, read.bytes.data() + done, static_cast<std::size_t>(size - done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(op, path);
    if (got == 0) break;  // it has become shorter
    done += got;
  }
  read.bytes.resize(static_cast<std::size_t>(done));
  return read;
}

}  // namespace xtape::images
