// Reading IDX files. The header's extents are checked against what the file can hold before memory is allocated; zlib's
// own gzip reader is not used, since it accepts plain files and trailing garbage.
#include "xtape/data/idx.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>

#include "autograd/tensor_impl.hpp"
#include "core/fail.hpp"

namespace xtape::data {

namespace {

constexpr char op_name[] = "read_idx";

constexpr unsigned char gzip_magic[2] = {0x1f, 0x8b};

/// The bytes of a file, decompressed if it is gzip: those of all its members, as gzip itself reads them.
class Source {
 public:
  explicit Source(const std::string& path);
  ~Source() {
    if (is_gzip_) inflateEnd(&stream_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Fills `size` bytes; returns how many there were.
  std::int64_t read(unsigned char* bytes, std::int64_t size);
  /// FileError unless nothing is left, and a gzip stream's checksum is right.
  void expect_end();
  /// The most bytes that can come out: deflate turns one byte into at most 1032.
  std::int64_t most() const noexcept { return is_gzip_ ? size_ > (max >> 11) ? max : size_ * 1032 : size_; }

 private:
  static constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();

  std::int64_t read_file(unsigned char* bytes, std::int64_t size);
  std::int64_t inflate_into(unsigned char* bytes, std::int64_t size);
  void refill();
  bool begins_member();

  const std::string& path_;
  std::ifstream file_;
  std::int64_t size_ = 0;
  bool is_gzip_ = false, is_over_ = false;
  z_stream stream_{};
  unsigned char buffer_[1 << 15];
};

Source::Source(const std::string& path) : path_(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    fail<FileError>(op_name, "\"{}\": {}", path, error ? error.message() : "no such file");
  }
  if (!std::filesystem::is_regular_file(status)) {
    const bool directory = std::filesystem::is_directory(status);
    fail<FileError>(op_name, "\"{}\" is {}", path, directory ? "a directory, not a file" : "not a regular file");
  }
  size_ = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  if (error) fail<FileError>(op_name, "\"{}\": {}", path, error.message());
  errno = 0;
  file_.open(path, std::ios::binary);
  if (!file_) fail<FileError>(op_name, "\"{}\": {}", path, std::generic_category().message(errno));

  unsigned char magic[2] = {};
  const bool gzip = read_file(magic, 2) == 2 && std::equal(magic, magic + 2, gzip_magic);
  file_.clear();
  file_.seekg(0);
  if (!gzip) return;
  if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) fail<FileError>(op_name, "\"{}\": no memory for zlib", path);
  is_gzip_ = true;
}

std::int64_t Source::read_file(unsigned char* bytes, std::int64_t size) {
  file_.read(reinterpret_cast<char*>(bytes), size);
  if (file_.bad()) fail<FileError>(op_name, "\"{}\": reading failed", path_);
  return file_.gcount();
}

/// Adds to what is left of the buffer.
void Source::refill() {
  std::copy_n(stream_.next_in, stream_.avail_in, buffer_);
  stream_.next_in = buffer_;
  stream_.avail_in += static_cast<uInt>(read_file(buffer_ + stream_.avail_in, sizeof buffer_ - stream_.avail_in));
}

/// At the end of a member: begins the next one. False if there is none.
bool Source::begins_member() {
  if (stream_.avail_in < 2) refill();
  if (stream_.avail_in < 2 || !std::equal(gzip_magic, gzip_magic + 2, stream_.next_in)) return false;
  return inflateReset(&stream_) == Z_OK;
}

std::int64_t Source::inflate_into(unsigned char* bytes, std::int64_t size) {
  std::int64_t done = 0;
  while (done < size && !is_over_) {
    if (stream_.avail_in == 0) {
      refill();
      if (stream_.avail_in == 0) {
        fail<FileError>(op_name, "\"{}\" is truncated: the gzip stream has no end", path_);
      }
    }
    const std::int64_t room = std::min<std::int64_t>(size - done, 1 << 30);
    stream_.next_out = bytes + done;
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    done += room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      is_over_ = !begins_member();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail<FileError>(op_name, "\"{}\" is damaged: {}", path_, stream_.msg ? stream_.msg : "not a gzip stream");
    }
  }
  return done;
}

std::int64_t Source::read(unsigned char* bytes, std::int64_t size) {
  return is_gzip_ ? inflate_into(bytes, size) : read_file(bytes, size);
}

void Source::expect_end() {
  unsigned char byte;
  if (read(&byte, 1) != 0) fail<FileError>(op_name, "\"{}\" holds more than its header says", path_);
  if (is_gzip_ && (stream_.avail_in != 0 || read_file(&byte, 1) != 0)) {
    fail<FileError>(op_name, "\"{}\" has data after the end of its gzip stream", path_);
  }
}

/// The extents in the header; checked against what the source can hold.
Shape read_header(Source& source, const std::string& path) {
  unsigned char bytes[4 * Shape::max_dim];
  auto take = [&source, &path, &bytes](std::int64_t size) {
    if (source.read(bytes, size) != size) {
      fail<FileError>(op_name, "\"{}\" is truncated: its IDX header is incomplete", path);
    }
  };
  take(4);
  const int type = bytes[2], rank = bytes[3];
  if (bytes[0] != 0 || bytes[1] != 0 || type < 0x08 || type > 0x0e || type == 0x0a) {
    fail<FileError>(op_name, "\"{}\" is not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x}", path, bytes[0],
                    bytes[1], type, rank);
  }
  if (type != 0x08) {
    fail<FileError>(op_name, "\"{}\" has elements of type 0x{:02x}, only 0x08 (uint8) is read", path, type);
  }
  if (rank < 1 || rank > Shape::max_dim) {
    fail<FileError>(op_name, "\"{}\" has {} dims, expected 1 to {}", path, rank, Shape::max_dim);
  }
  take(4 * rank);
  Shape shape;
  std::int64_t product = 1;  // of the extents other than 0: a 0 does not excuse an impossible one
  bool possible = true;
  for (int d = 0; d < rank; ++d) {
    const unsigned char* b = bytes + 4 * d;
    shape.push_back(std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3]);
    const std::int64_t extent = std::max<std::int64_t>(shape.back(), 1);
    possible = possible && !__builtin_mul_overflow(product, extent, &product) && product >> 56 == 0;
  }
  if (!possible || shape.numel() > source.most()) {
    fail<FileError>(op_name, "\"{}\" is truncated or damaged: its header says {}, more than it can hold", path, shape);
  }
  return shape;
}

Tensor make_bytes(const Shape& shape, const std::string& path) {
  try {
    return xtape::detail::make_tensor(shape, DType::uint8);
  } catch (const ValueError&) {
    fail<FileError>(op_name, "\"{}\" needs more memory than there is: {} bytes", path, shape.numel());
  }
}

}  // namespace

Tensor read_idx(const std::string& path) {
  Source source(path);
  const Shape shape = read_header(source, path);
  const Tensor y = make_bytes(shape, path);
  const std::int64_t n = y.numel(), got = source.read(xtape::detail::elements<unsigned char>(y), n);
  if (got != n) {
    fail<FileError>(op_name, "\"{}\" is truncated: {} of the {} bytes that {} takes", path, got, n, shape);
  }
  source.expect_end();
  return y;
}

}  // namespace xtape::data
