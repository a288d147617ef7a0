// Pictures as the decoders give them. A decoder is given all bytes of a file, and its parts that call a C library by
// setjmp hold no object with a destructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace xtape::images {

using Bytes = std::span<const std::uint8_t>;

/// What a picture is called in errors, and what it may be.
struct Request {
  const char* op;
  std::string name;  // "\"a/b.png\"", or what the caller calls the bytes
  std::int64_t most_pixels;

  [[noreturn]] void fail(const std::string& what) const;
};

struct Header {
  std::int64_t height = 0, width = 0;
};

/// 1: grey; 3: red, green, blue; 4: cyan, magenta, yellow, black, all inverted.
struct Pixels {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> values;  // row by row, the channels of a pixel together
};

/// ValueError unless both are from 1 to 65,535; its text ends with the hint.
void check_sides(const char* op, std::int64_t height, std::int64_t width, const char* hint = "");
/// ValueError unless it is above 0.
void check_most_pixels(const char* op, std::int64_t most_pixels);
/// Checked: at least 1 x 1, at most request.most_pixels.
void check_size(const Request& request, const Header& header);

bool is_png(Bytes bytes) noexcept;
bool is_jpeg(Bytes bytes) noexcept;
/// The size alone. `bytes` may be the beginning of a file, which is_whole tells; if they end too soon then, the size is
/// 0 x 0.
Header png_header(const Request& request, Bytes bytes, bool is_whole);
Header jpeg_header(const Request& request, Bytes bytes, bool is_whole);
Pixels decode_png(const Request& request, Bytes bytes);
Pixels decode_jpeg(const Request& request, Bytes bytes);

/// Of any of the two formats; FileError for others.
Header read_header(const Request& request, Bytes bytes, bool is_whole);
Pixels decode(const Request& request, Bytes bytes);

/// Into planes of `channels` (1 or 3), one after another.
void to_planes(const Pixels& pixels, std::int64_t channels, std::uint8_t* planes);
/// Planes of height x width into planes of to_height x to_width.
void resize_planes(const std::uint8_t* from, std::int64_t planes, const Header& size, const Header& to_size,
                   std::uint8_t* to);

}  // namespace xtape::images
