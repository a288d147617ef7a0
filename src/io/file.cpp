#include "io/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

#include "core/fail.hpp"

namespace xtape::io {

namespace {

constexpr std::string_view temporary_prefix = ".xtape-", temporary_suffix = ".tmp";
constexpr std::size_t temporary_digits = 16;

std::string message_of(int error) { return std::generic_category().message(error); }

/// Repeats a call that a signal has interrupted.
template <class F>
auto uninterrupted(F call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// The system would read the path up to its first NUL byte.
void expect_no_nul(const char* op, const std::string& path) {
  const std::size_t nul = path.find('\0');
  if (nul != std::string::npos) fail<FileError>(op, "the path \"{}\" has a NUL byte", path.substr(0, nul));
}

void expect_regular(const char* op, const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return;
  fail<FileError>(op, "\"{}\" is {}", path, S_ISDIR(status.st_mode) ? "a directory, not a file" : "not a regular file");
}

bool is_temporary(std::string_view name) {
  if (name.size() != temporary_prefix.size() + temporary_digits + temporary_suffix.size()) return false;
  const std::string_view digits = name.substr(temporary_prefix.size(), temporary_digits);
  return name.substr(0, temporary_prefix.size()) == temporary_prefix &&
         name.substr(name.size() - temporary_suffix.size()) == temporary_suffix &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

}  // namespace

Descriptor::~Descriptor() {
  if (is_open()) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (is_open()) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

void TemporaryName::set(std::string name) noexcept {
  if (!name_.empty()) ::unlink(name_.c_str());
  name_ = std::move(name);
}

// ---- reading -----------------------------------------------------------------------------------------------------

ByteSource::~ByteSource() = default;

std::int64_t ByteSource::read_some(void* to, std::int64_t n) {
  const std::int64_t got = do_read(to, n);
  offset_ += got;
  return got;
}

void ByteSource::read(void* to, std::int64_t n, const char* what) {
  const std::int64_t end = offset_ + n;
  if (read_some(to, n) == n) return;
  fail<FileError>(op_, "\"{}\" is truncated: {} ends at byte {}, the file at {}", path_, what, end, offset_);
}

FileReader::FileReader(const char* op, const std::string& path) : ByteSource(op, path) {
  expect_no_nul(op, path);
  file_ =
      Descriptor(uninterrupted([&path] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!file_.is_open()) fail<FileError>(op, "\"{}\": {}", path, message_of(errno));
  struct stat status;
  if (::fstat(file_.get(), &status) != 0) fail<FileError>(op, "\"{}\": {}", path, message_of(errno));
  expect_regular(op, path, status);
  size_ = status.st_size;
}

std::int64_t FileReader::do_read(void* to, std::int64_t n) {
  std::int64_t done = 0;
  while (done < n) {
    const auto size =
        static_cast<std::size_t>(std::min<std::int64_t>(n - done, 1 << 30));  // the system's limit is 2 GiB
    const ssize_t got = uninterrupted([&] { return ::read(file_.get(), static_cast<char*>(to) + done, size); });
    if (got < 0) {
      fail<FileError>(op(), "\"{}\": reading at byte {} failed: {}", path(), offset() + done, message_of(errno));
    }
    if (got == 0) break;
    done += got;
  }
  return done;
}

void FileReader::seek(std::int64_t offset) {
  if (::lseek(file_.get(), offset, SEEK_SET) != offset) fail<FileError>(op(), "\"{}\": {}", path(), message_of(errno));
  offset_ = offset;
}

// ---- writing -----------------------------------------------------------------------------------------------------

AtomicFile::AtomicFile(const char* op, const std::string& path) : op_(op), path_(path) {
  expect_no_nul(op, path);
  find_target();
  sweep();
  make_temporary();
}

void AtomicFile::fail_with_errno(const char* step) const {
  fail<FileError>(op_, "\"{}\": {}: {}", path_, step, message_of(errno));
}

/// Follows symbolic links, and finds the directory and the mode of what is replaced.
void AtomicFile::find_target() {
  target_ = path_;
  struct stat status;
  if (::lstat(path_.c_str(), &status) == 0) {
    if (S_ISLNK(status.st_mode)) {
      const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path_.c_str(), nullptr), &std::free);
      if (!real) fail_with_errno("following the symbolic link");
      target_ = real.get();
      if (::lstat(target_.c_str(), &status) != 0) fail_with_errno("following the symbolic link");
    }
    expect_regular(op_, path_, status);
    mode_ = status.st_mode & 07777;
  } else if (errno != ENOENT) {
    fail_with_errno("opening");
  }
  const std::size_t slash = target_.rfind('/');
  directory_ = slash == std::string::npos ? "./" : target_.substr(0, slash + 1);
  if (target_.empty() || slash == target_.size() - 1) fail<FileError>(op_, "\"{}\" names no file", path_);
}

void AtomicFile::make_temporary() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) fail_with_errno("drawing a name");
    std::string name = fmt::format("{}{}{:016x}{}", directory_, temporary_prefix, random, temporary_suffix);
    file_ = Descriptor(
        uninterrupted([&name] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
    if (!file_.is_open()) {
      if (errno == EEXIST) continue;
      if (errno == ENOENT) {
        const std::string name_of_directory = directory_.substr(0, std::max<std::size_t>(directory_.size() - 1, 1));
        fail<FileError>(op_, "\"{}\": the directory \"{}\" does not exist", path_, name_of_directory);
      }
      fail_with_errno("creating a temporary file beside it");
    }
    temporary_.set(std::move(name));
    // Another program's sweep may take or remove a file that is not locked yet; then another name. Where a file system
    // has no locks, nobody can hold one, and nobody sweeps.
    struct stat status;
    const bool lost = ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (lost || ::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) continue;
    if (mode_ >= 0 && ::fchmod(file_.get(), static_cast<mode_t>(mode_)) != 0) fail_with_errno("keeping the mode");
    lock_ = Descriptor(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    if (!lock_.is_open()) fail_with_errno("locking");
    return;
  }
  fail<FileError>(op_, "\"{}\": no temporary file could be created beside it", path_);
}

/// Removes temporary files that no program holds. Those that cannot be removed are left.
void AtomicFile::sweep() const noexcept {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(directory_.c_str()), &::closedir);
  if (!directory) return;
  const int at = ::dirfd(directory.get());
  while (const dirent* entry = ::readdir(directory.get())) {
    if (!is_temporary(entry->d_name)) continue;
    constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    Descriptor file(::openat(at, entry->d_name, O_WRONLY | flags));
    if (!file.is_open()) file = Descriptor(::openat(at, entry->d_name, O_RDONLY | flags));  // a read-only file's mode
    struct stat open_file, named;
    if (!file.is_open() || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    // Its writer may have renamed it in the meantime: then the name is gone, or another file's.
    const bool is_stale = ::fstat(file.get(), &open_file) == 0 && S_ISREG(open_file.st_mode) &&
                          ::fstatat(at, entry->d_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                          is_same_file(open_file, named);
    if (is_stale) ::unlinkat(at, entry->d_name, 0);
  }
}

void AtomicFile::write(const void* from, std::int64_t n) {
  for (std::int64_t done = 0; done < n;) {
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(n - done, 1 << 30));
    const ssize_t put =
        uninterrupted([&] { return ::write(file_.get(), static_cast<const char*>(from) + done, size); });
    if (put < 0) fail_with_errno("writing");
    if (put == 0) fail<FileError>(op_, "\"{}\": writing: the system takes no more bytes", path_);
    done += put;
  }
}

void AtomicFile::commit() {
  if (uninterrupted([this] { return ::fsync(file_.get()); }) != 0) fail_with_errno("syncing");
  if (::close(file_.release()) != 0) fail_with_errno("closing");
  const Descriptor directory(
      uninterrupted([this] { return ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!directory.is_open()) fail_with_errno("opening its directory");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno("renaming the temporary file");
  temporary_.release();
  // EINVAL: a file system that cannot sync directories.
  if (uninterrupted([&directory] { return ::fsync(directory.get()); }) != 0 && errno != EINVAL) {
    fail_with_errno("the file is replaced, but syncing its directory failed");
  }
}

}  // namespace xtape::io
