// Files, for every format: FileReader reads a regular file, AtomicFile replaces one. Errors are FileErrors that begin
// with the caller's op and the path.
//
// Invariant of AtomicFile: until commit() returns, the path names what it named before, or, if only the last step
// failed (making the directory's entry durable), the complete new file. It never names a part of a file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace xtape::io {

/// A file descriptor that is closed when it goes out of scope.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  bool is_open() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

/// The name of a file that is removed when this goes out of scope.
class TemporaryName {
 public:
  TemporaryName() = default;
  ~TemporaryName() { set(std::string()); }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

  const char* c_str() const noexcept { return name_.c_str(); }
  /// Removes the file that had the name so far.
  void set(std::string name) noexcept;
  /// The name is no temporary file's any more.
  void release() noexcept { name_.clear(); }

 private:
  std::string name_;
};

/// Bytes that are read one after another, from a file or out of what a file holds. `op` is a literal, for errors.
class ByteSource {
 public:
  ByteSource(const char* op, std::string path) : op_(op), path_(std::move(path)) {}
  virtual ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  const char* op() const noexcept { return op_; }
  const std::string& path() const noexcept { return path_; }
  /// Bytes read so far.
  std::int64_t offset() const noexcept { return offset_; }
  /// Reads up to `n` bytes; returns how many there were, fewer only at the end.
  std::int64_t read_some(void* to, std::int64_t n);
  /// Reads `n` bytes. FileError if there are fewer: "is truncated: WHAT ends at byte ...".
  void read(void* to, std::int64_t n, const char* what);
  /// The most bytes that can be left, whatever they say about themselves: to check before memory is allocated.
  virtual std::int64_t most_left() const noexcept = 0;

 protected:
  virtual std::int64_t do_read(void* to, std::int64_t n) = 0;
  std::int64_t offset_ = 0;

 private:
  const char* op_;
  std::string path_;
};

/// Reads a regular file from its start. Opening does not block, also where the path names a FIFO or a device: these are
/// refused.
class FileReader : public ByteSource {
 public:
  FileReader(const char* op, const std::string& path);

  /// In bytes, when the file was opened.
  std::int64_t size() const noexcept { return size_; }
  std::int64_t most_left() const noexcept override { return size_ - offset_; }
  void seek(std::int64_t offset);

 protected:
  std::int64_t do_read(void* to, std::int64_t n) override;

 private:
  Descriptor file_;
  std::int64_t size_ = 0;
};

/// A file that takes the place of `path` as a whole: written beside it under a temporary name, synced, then renamed. A
/// symbolic link is followed to the file that it names; a path that names something other than a regular file is
/// refused. The mode of a file that exists is kept; a new one follows the umask.
///
/// Temporary files are named .xtape-*.tmp and locked (flock) while they are written. Those of programs that were killed
/// are unlocked; the next AtomicFile in the directory removes them.
class AtomicFile {
 public:
  AtomicFile(const char* op, const std::string& path);

  void write(const void* from, std::int64_t n);
  /// Makes the file durable under its path. When it returns, the file survives a crash of the machine.
  void commit();

 private:
  void find_target();
  void make_temporary();
  void sweep() const noexcept;
  [[noreturn]] void fail_with_errno(const char* step) const;

  const char* op_;
  std::string path_, target_, directory_;
  std::int64_t mode_ = -1;   // of the file that is replaced
  Descriptor file_, lock_;   // of one open file: closing the first shows errors, the second keeps the lock
  TemporaryName temporary_;  // unless it was renamed; it goes before the lock does
};

}  // namespace xtape::io
