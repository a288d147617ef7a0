#include "io/inflate.hpp"

#include <algorithm>
#include <limits>

#include "core/fail.hpp"

namespace xtape::io {

namespace {

constexpr unsigned char gzip_magic[2] = {0x1f, 0x8b};

bool is_gzip_magic(const unsigned char* bytes) { return std::equal(gzip_magic, gzip_magic + 2, bytes); }

}  // namespace

std::int64_t most_inflated(std::int64_t compressed) noexcept {
  std::int64_t most = 0;
  return __builtin_mul_overflow(compressed, most_inflation, &most) ? std::numeric_limits<std::int64_t>::max() : most;
}

InflateSource::InflateSource(ByteSource& from, Wrapper wrapper)
    : ByteSource(from.op(), from.path()),
      from_(from),
      wrapper_(wrapper),
      begin_(from.offset()),
      most_(most_inflated(from.most_left())) {
  const int status = inflateInit2(&stream_, wrapper == Wrapper::gzip ? 16 + MAX_WBITS : -MAX_WBITS);
  if (status != Z_OK) fail_with(status);
}

InflateSource::~InflateSource() { inflateEnd(&stream_); }

std::int64_t InflateSource::most_left() const noexcept {
  return is_over_ ? 0 : std::max<std::int64_t>(most_ - offset(), 0);
}

/// Adds to what is left of the buffer.
void InflateSource::refill() {
  std::copy_n(stream_.next_in, stream_.avail_in, buffer_);
  stream_.next_in = buffer_;
  const auto room = static_cast<std::int64_t>(sizeof buffer_ - stream_.avail_in);
  stream_.avail_in += static_cast<uInt>(from_.read_some(buffer_ + stream_.avail_in, room));
}

std::int64_t InflateSource::do_read(void* to, std::int64_t n) {
  std::int64_t done = 0;
  while (done < n && !is_over_) {
    if (stream_.avail_in == 0) refill();
    if (stream_.avail_in == 0) {
      fail<FileError>(op(), "\"{}\" is truncated: its {} stream has no end, the file ends at byte {}", path(), format(),
                      position());
    }
    const auto room = static_cast<uInt>(std::min<std::int64_t>(n - done, 1 << 30));
    stream_.next_out = static_cast<Bytef*>(to) + done;
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    done += room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      is_over_ = !begins_member();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail_with(status);
    }
  }
  return done;
}

/// At the end of a stream: goes on with the next member, if there is one.
bool InflateSource::begins_member() {
  if (wrapper_ == Wrapper::none) return false;
  if (stream_.avail_in < 2) refill();
  if (stream_.avail_in >= 2 && is_gzip_magic(stream_.next_in)) return inflateReset(&stream_) == Z_OK;
  expect_padding();
  return false;
}

/// gzip and Python ignore zero bytes at the end as well: some tapes and disks fill their blocks with them.
void InflateSource::expect_padding() {
  for (; stream_.avail_in != 0; refill()) {
    Bytef* const end = stream_.next_in + stream_.avail_in;
    const auto zeros = std::find_if(stream_.next_in, end, [](Bytef byte) { return byte != 0; }) - stream_.next_in;
    stream_.next_in += zeros;
    stream_.avail_in -= static_cast<uInt>(zeros);
    if (stream_.avail_in == 0) continue;
    fail<FileError>(op(), "\"{}\" has data after the end of its gzip stream, at byte {}", path(), position());
  }
}

void InflateSource::fail_with(int status) const {
  if (status == Z_MEM_ERROR) fail<FileError>(op(), "\"{}\": there is no memory for inflating it", path());
  fail<FileError>(op(), "\"{}\" is damaged: {} before byte {}, in its {} stream", path(),
                  stream_.msg ? stream_.msg : "an error", position(), format());
}

// ---- files that may be gzip --------------------------------------------------------------------------------------

PlainOrGzipReader::PlainOrGzipReader(const char* op, const std::string& path) : ByteSource(op, path), file_(op, path) {
  unsigned char magic[2];
  const bool is_gzip = file_.read_some(magic, 2) == 2 && is_gzip_magic(magic);
  file_.seek(0);
  if (is_gzip) inflated_.emplace(file_, Wrapper::gzip);
}

std::int64_t PlainOrGzipReader::do_read(void* to, std::int64_t n) {
  return inflated_ ? inflated_->read_some(to, n) : file_.read_some(to, n);
}

}  // namespace xtape::io
