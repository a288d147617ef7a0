// Pictures of either format, and what becomes of their channels.
#include "images/picture.hpp"

#include <algorithm>
#include <array>

#include "images/file.hpp"
#include "xtape/creation.hpp"
#include "xtape/error.hpp"
#include "xtape/images.hpp"

namespace xtape::images {

namespace {

std::uint8_t grey_of(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

/// round(a b / 255)
std::uint8_t product(unsigned a, unsigned b) {
  const unsigned t = a * b + 128;
  return static_cast<std::uint8_t>((t + (t >> 8)) >> 8);
}

/// The colors of one pixel; c, m, y and k are inverted, so that 255 is no ink.
std::array<std::uint8_t, 3> rgb_of(const std::uint8_t* pixel, std::int64_t channels) {
  if (channels == 1) return {pixel[0], pixel[0], pixel[0]};
  if (channels == 3) return {pixel[0], pixel[1], pixel[2]};
  const std::uint8_t light = pixel[3];
  return {product(pixel[0], light), product(pixel[1], light), product(pixel[2], light)};
}

void check_options(const char* op, const ReadOptions& options) {
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    throw ValueError(op, "channels is " + std::to_string(options.channels) +
                             ", it must be 1 (grey), 3 (red, green, blue) or 0 (as in the file)");
  }
  check_most_pixels(op, options.most_pixels);
}

Tensor to_tensor(const Pixels& pixels, std::int64_t channels) {
  if (channels == 0) channels = pixels.channels == 1 ? 1 : 3;
  Tensor y = empty({channels, pixels.height, pixels.width}, {.dtype = uint8});
  to_planes(pixels, channels, y.data<std::uint8_t>());
  return y;
}

}  // namespace

void Request::fail(const std::string& what) const {
  std::string line = name + what;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';  // of a library, or of a name
  }
  throw FileError(op, line);
}

void check_sides(const char* op, std::int64_t height, std::int64_t width, const char* hint) {
  constexpr std::int64_t most = 65'535;
  if (height >= 1 && height <= most && width >= 1 && width <= most) return;
  throw ValueError(op, "height and width must be from 1 to 65535, got " + std::to_string(height) + " x " +
                           std::to_string(width) + hint);
}

void check_most_pixels(const char* op, std::int64_t most_pixels) {
  if (most_pixels >= 1) return;
  throw ValueError(op, "most_pixels is " + std::to_string(most_pixels) + ", it must be above 0");
}

void check_size(const Request& request, const Header& header) {
  const auto [height, width] = header;
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (height < 1 || width < 1) request.fail(" is damaged: its header says " + size + " pixels");
  if (height <= request.most_pixels / width) return;
  request.fail(" has " + size + " pixels, more than most_pixels = " + std::to_string(request.most_pixels));
}

Header read_header(const Request& request, Bytes bytes, bool is_whole) {
  if (is_png(bytes)) return png_header(request, bytes, is_whole);
  if (is_jpeg(bytes)) return jpeg_header(request, bytes, is_whole);
  request.fail(bytes.empty() ? " is empty" : " is neither a PNG nor a JPEG file");
}

Pixels decode(const Request& request, Bytes bytes) {
  if (is_png(bytes)) return decode_png(request, bytes);
  if (is_jpeg(bytes)) return decode_jpeg(request, bytes);
  request.fail(bytes.empty() ? " is empty" : " is neither a PNG nor a JPEG file");
}

void to_planes(const Pixels& pixels, std::int64_t channels, std::uint8_t* planes) {
  const std::int64_t plane = pixels.height * pixels.width;
  const std::uint8_t* pixel = pixels.values.data();
  for (std::int64_t i = 0; i < plane; ++i, pixel += pixels.channels) {
    const std::array<std::uint8_t, 3> rgb = rgb_of(pixel, pixels.channels);
    if (channels == 1) {
      planes[i] = pixels.channels == 1 ? pixel[0] : grey_of(rgb.data());
    } else {
      for (std::int64_t c = 0; c < 3; ++c) planes[c * plane + i] = rgb[static_cast<std::size_t>(c)];
    }
  }
}

Tensor read_image(const std::string& path, const ReadOptions& options) {
  constexpr const char* op = "read_image";
  check_options(op, options);
  const FileBytes file = read_file(op, path);
  return to_tensor(decode({op, in_quotes(path), options.most_pixels}, file.bytes), options.channels);
}

Tensor decode_image(std::span<const std::uint8_t> bytes, const ReadOptions& options, const std::string& name) {
  constexpr const char* op = "decode_image";
  check_options(op, options);
  return to_tensor(decode({op, name, options.most_pixels}, bytes), options.channels);
}

}  // namespace xtape::images
