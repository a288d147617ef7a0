// Deflated bytes as a ByteSource: gzip files and the entries of ZIP files. zlib's own file reader is not used, since it
// takes plain files for gzip and ignores what follows the last member.
//
// Invariant: of a stream that was read to its end, every check of its format has been made: a gzip member's checksum
// and length, and what follows the last member.
#pragma once

#include <zlib.h>

#include <optional>
#include <string>

#include "io/file.hpp"

namespace xtape::io {

/// The most bytes that one deflated byte can become: a match of 258 bytes takes at least two bits.
constexpr std::int64_t most_inflation = 1032;
/// The most bytes that deflated ones can become.
std::int64_t most_inflated(std::int64_t compressed) noexcept;

/// What is around the deflated bytes.
enum class Wrapper : std::uint8_t {
  gzip,  // RFC 1952: members, whose contents follow each other, to the end of the source; zero bytes may pad it
  none   // RFC 1951: one stream, which ends itself; what follows it is not looked at
};

/// The inflated bytes of `from`, from where it stands. It must outlive this, and nobody else may read it before
/// compressed_size() is final. FileErrors name its path, and where in it the stream is cut or damaged.
class InflateSource final : public ByteSource {
 public:
  InflateSource(ByteSource& from, Wrapper wrapper);
  ~InflateSource() override;

  std::int64_t most_left() const noexcept override;
  /// How many bytes of `from` the stream took so far: all of them once read_some has returned less than it was asked.
  std::int64_t compressed_size() const noexcept { return position() - begin_; }

 private:
  std::int64_t do_read(void* to, std::int64_t n) override;
  std::int64_t position() const noexcept { return from_.offset() - stream_.avail_in; }
  const char* format() const noexcept { return wrapper_ == Wrapper::gzip ? "gzip" : "deflate"; }
  void refill();
  bool begins_member();
  void expect_padding();
  [[noreturn]] void fail_with(int status) const;

  ByteSource& from_;
  const Wrapper wrapper_;
  const std::int64_t begin_, most_;  // where the stream begins in from_; the most bytes that can come out of it
  bool is_over_ = false;
  z_stream stream_{};
  unsigned char buffer_[1 << 15];
};

/// Reads a regular file, inflated if its content, whatever its name, begins as gzip does.
class PlainOrGzipReader final : public ByteSource {
 public:
  PlainOrGzipReader(const char* op, const std::string& path);

  std::int64_t most_left() const noexcept override { return inflated_ ? inflated_->most_left() : file_.most_left(); }

 private:
  std::int64_t do_read(void* to, std::int64_t n) override;

  FileReader file_;
  std::optional<InflateSource> inflated_;
};

}  // namespace xtape::io
