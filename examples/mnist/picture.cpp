#include "picture.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#ifdef XTAPE_HAS_IMAGES
#include <xtape/images.hpp>
#endif

using namespace xtape;

namespace {

/// The bytes of a file or a pipe, one after another. `end` is behind the last one.
class Bytes {
 public:
  static constexpr int end = std::char_traits<char>::eof();

  explicit Bytes(const std::string& path) : name_(path == "-" ? "standard input" : '"' + path + '"') {
    const std::string file = path == "-" ? "/dev/stdin" : path;
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(file, error);
    if (std::filesystem::is_directory(status)) fail("is a directory, not a file");
    if (buffer_.open(file, std::ios::in | std::ios::binary) == nullptr) {
      throw FileError("FILE", fmt::format("{}: {}", name_, std::generic_category().message(errno)));
    }
  }

 private:
  /// f(), which reads; a filebuf throws what is no FileError.
  template <class F>
  auto read(F f) const {
    try {
      return f();
    } catch (const std::ios_base::failure&) {
      fail("cannot be read: {}", std::generic_category().message(errno != 0 ? errno : EIO));
    }
  }

 public:
  int peek() {
    return read([this] { return buffer_.sgetc(); });
  }
  int next() {
    const int byte = read([this] { return buffer_.sbumpc(); });
    if (byte != end) ++offset_;
    return byte;
  }
  /// Up to n bytes; fewer only at the end.
  std::string next(std::int64_t n) {
    std::string bytes(static_cast<std::size_t>(n), '\0');
    bytes.resize(static_cast<std::size_t>(read([this, &bytes, n] { return buffer_.sgetn(bytes.data(), n); })));
    offset_ += static_cast<std::int64_t>(bytes.size());
    return bytes;
  }
  std::int64_t offset() const { return offset_; }
  /// As errors have it.
  const std::string& name() const { return name_; }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw FileError("FILE", name_ + ' ' + fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  std::filebuf buffer_;
  std::string name_;
  std::int64_t offset_ = 0;
};

bool is_space(int byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

/// Skips spaces and comments, which go from # to the end of the line.
void skip_spaces(Bytes& in) {
  while (is_space(in.peek()) || in.peek() == '#') {
    if (in.next() != '#') continue;
    while (in.peek() != Bytes::end && in.peek() != '\n' && in.peek() != '\r') in.next();
  }
}

/// A number of the header or of a P2; `what` is for errors.
std::int64_t next_number(Bytes& in, const char* what) {
  constexpr std::int64_t largest = 1'000'000'000;
  skip_spaces(in);
  if (in.peek() == Bytes::end) in.fail("is truncated: it ends at byte {}, before {}", in.offset(), what);
  if (!is_digit(in.peek())) in.fail("is damaged: byte {} is not a digit of {}", in.offset(), what);
  std::int64_t number = 0;
  while (is_digit(in.peek())) {
    number = 10 * number + (in.next() - '0');
    if (number > largest) in.fail("is damaged: {} is above {}", what, largest);
  }
  const int after = in.peek();
  if (after != Bytes::end && after != '#' && !is_space(after)) {
    in.fail("is damaged: byte {} is not a digit of {}", in.offset(), what);
  }
  return number;
}

// ---- PGM: https://netpbm.sourceforge.net/doc/pgm.html ------------------------------------------------------------

struct Pgm {
  bool is_plain;  // P2: numbers as text
  std::int64_t height, width, maxval;
};

void check_size(const Bytes& in, std::int64_t height, std::int64_t width, std::int64_t model_height,
                std::int64_t model_width) {
  if (height == model_height && width == model_width) return;
  in.fail(
      "is {} x {}, the model takes {} x {}; resize it, as ImageMagick's "
      "convert -resize '{}x{}!' does",
      width, height, model_width, model_height, model_width, model_height);
}

Pgm read_header(Bytes& in, bool is_plain) {
  Pgm pgm{is_plain, 0, 0, 0};
  pgm.width = next_number(in, "the width");
  pgm.height = next_number(in, "the height");
  pgm.maxval = next_number(in, "the largest value");
  if (pgm.maxval < 1 || pgm.maxval > 65535) {
    in.fail("is damaged: its largest value is {}, expected 1 to 65535", pgm.maxval);
  }
  if (!is_plain && in.next() == Bytes::end) in.fail("is truncated: it ends at byte {}, before the pixels", in.offset());
  return pgm;
}

std::uint8_t scaled(const Bytes& in, const Pgm& pgm, std::int64_t pixel, std::int64_t value) {
  if (value > pgm.maxval) in.fail("is damaged: pixel {} is {}, above its largest value {}", pixel, value, pgm.maxval);
  return static_cast<std::uint8_t>((255 * value + pgm.maxval / 2) / pgm.maxval);
}

std::vector<std::uint8_t> plain_pixels(Bytes& in, const Pgm& pgm) {
  std::vector<std::uint8_t> pixels;
  for (std::int64_t i = 0; i < pgm.height * pgm.width; ++i) {
    pixels.push_back(scaled(in, pgm, i, next_number(in, "a pixel")));
  }
  skip_spaces(in);
  return pixels;
}

std::vector<std::uint8_t> binary_pixels(Bytes& in, const Pgm& pgm) {
  const std::int64_t count = pgm.height * pgm.width, size = pgm.maxval < 256 ? 1 : 2;
  const std::int64_t first = in.offset();
  const std::string bytes = in.next(count * size);
  if (static_cast<std::int64_t>(bytes.size()) < count * size) {
    in.fail("is truncated: its pixels end at byte {}, the file at {}", first + count * size, in.offset());
  }
  const auto byte = [&bytes](std::int64_t i) {
    return std::int64_t{static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])};
  };
  std::vector<std::uint8_t> pixels;
  for (std::int64_t i = 0; i < count; ++i) {
    pixels.push_back(scaled(in, pgm, i, size == 1 ? byte(i) : byte(2 * i) << 8 | byte(2 * i + 1)));
  }
  return pixels;
}

Tensor read_pgm(Bytes& in, bool is_plain, std::int64_t height, std::int64_t width) {
  const Pgm pgm = read_header(in, is_plain);
  check_size(in, pgm.height, pgm.width, height, width);
  const std::vector<std::uint8_t> pixels = is_plain ? plain_pixels(in, pgm) : binary_pixels(in, pgm);
  if (in.peek() != Bytes::end) in.fail("is damaged: it goes on behind its pixels, at byte {}", in.offset());
  return tensor(pixels, {1, 1, height, width});
}

// ---- other files -------------------------------------------------------------------------------------------------

Pictures read_idx_pictures(const Bytes& in, const std::string& path, std::int64_t height, std::int64_t width) {
  if (path == "-") in.fail("is an IDX file; only a single picture can be read from there");
  const Tensor array = data::read_idx(path);
  const Shape shape = array.shape();
  if (array.dtype() != uint8 || (shape.size() != 2 && shape.size() != 3)) {
    in.fail("holds {} of shape {}, expected pictures: uint8 (N, {}, {})", to_string(array.dtype()), shape.to_string(),
            height, width);
  }
  check_size(in, array.size(-2), array.size(-1), height, width);
  const bool is_list = shape.size() == 3;
  return {array.reshape({is_list ? shape[0] : 1, 1, height, width}), is_list};
}

struct Kind {
  std::string_view beginning;
  const char* name;
};
constexpr Kind png{"\x89PNG", "a PNG file"}, jpeg{"\xff\xd8\xff", "a JPEG file"};
constexpr std::array other_kinds = {png,
                                    jpeg,
                                    Kind{"GIF8", "a GIF file"},
                                    Kind{"BM", "a BMP file"},
                                    Kind{"RIFF", "a WebP file"},
                                    Kind{"II*", "a TIFF file"},
                                    Kind{"P1", "a black and white PBM"},
                                    Kind{"P4", "a black and white PBM"},
                                    Kind{"P3", "a PPM, in color"},
                                    Kind{"P6", "a PPM, in color"},
                                    Kind{"P7", "a PAM"}};

#ifdef XTAPE_HAS_IMAGES
/// A PNG or JPEG, in grey and of the model's size, that begins with these bytes.
Pictures read_png_or_jpeg(Bytes& in, std::string bytes, std::int64_t height, std::int64_t width) {
  constexpr std::size_t most = std::size_t{1} << 28;
  while (in.peek() != Bytes::end) {
    bytes += in.next(std::int64_t{1} << 16);
    if (bytes.size() > most) in.fail("is longer than {} bytes", most);
  }
  const std::span data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const Tensor image = images::decode_image(data, {.channels = 1}, in.name());
  return {images::resize_area(image, height, width).unsqueeze(0), false, image.size(1), image.size(2)};
}
#endif

[[noreturn]] void refuse_other(const Bytes& in, std::string_view beginning) {
  for (const Kind& kind : other_kinds) {
    if (beginning.starts_with(kind.beginning)) in.fail("is {}, which is not read; convert it to PGM", kind.name);
  }
  in.fail("is neither a picture nor an IDX file");
}

}  // namespace

Pictures read_pictures(const std::string& path, std::int64_t height, std::int64_t width) {
  Bytes in(path);
  std::string beginning;
  for (int i = 0; i < 4 && in.peek() != Bytes::end; ++i) {
    beginning += static_cast<char>(in.next());
    const bool is_pgm = beginning == "P2" || beginning == "P5";
    if (is_pgm && (in.peek() == '#' || is_space(in.peek()) || in.peek() == Bytes::end)) {
      return {read_pgm(in, beginning == "P2", height, width), false};
    }
  }
  if (beginning.empty()) in.fail("is empty");
  const bool is_idx = beginning.starts_with(std::string_view("\0\0", 2)), is_gzip = beginning.starts_with("\x1f\x8b");
  if (is_idx || is_gzip) return read_idx_pictures(in, path, height, width);
#ifdef XTAPE_HAS_IMAGES
  if (beginning.starts_with(png.beginning) || beginning.starts_with(jpeg.beginning)) {
    return read_png_or_jpeg(in, beginning, height, width);
  }
#endif
  refuse_other(in, beginning);
}

Tensor inverted(const Tensor& images) {
  std::vector<std::uint8_t> pixels = images.to_vector<std::uint8_t>();
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return tensor(pixels, images.shape());
}

bool looks_dark_on_light(const Tensor& image) {
  const std::int64_t bottom = image.size(1) - 1, right = image.size(2) - 1;
  const auto pixels = image.span<std::uint8_t>();
  for (const std::int64_t y : {std::int64_t{0}, bottom}) {
    for (const std::int64_t x : {std::int64_t{0}, right}) {
      if (pixels[static_cast<std::size_t>(y * (right + 1) + x)] < 128) return false;
    }
  }
  return true;
}
