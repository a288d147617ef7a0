// The bytes of PNG and JPEG files for tests, made by the libraries' own writers or chunk by chunk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::testing {

struct PngKind {
  int depth = 8, color_type = 0;  // PNG's numbers: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha
  bool interlaced = false;
  std::string palette = {};       // R, G, B of each entry
  std::string transparency = {};  // the bytes of tRNS
};

/// A PNG of these rows, which hold the bytes that PNG wants: packed, two bytes a channel for a depth of 16.
std::string png(std::uint32_t height, std::uint32_t width, const PngKind& kind, const std::string& rows);
/// The same of 8 bits, grey or RGB by the number of bytes.
std::string png(std::uint32_t height, std::uint32_t width, const std::string& pixels);

/// A chunk with its checksum.
std::string png_chunk(std::string_view type, const std::string& data);
/// The signature and the chunk IHDR.
std::string png_header(std::uint32_t height, std::uint32_t width, int depth = 8, int color_type = 0,
                       bool interlaced = false);

enum class JpegColors { grey, ycc, rgb, cmyk, ycck };

struct JpegKind {
  JpegColors colors = JpegColors::ycc;
  bool progressive = false;
  int quality = 100;
  std::string comment = {};  // stands before the pixels
  bool many_scans = false;   // of a grey one: each coefficient in two scans, 127 in all
};

/// A JPEG of these pixels: 1, 3 or 4 bytes each.
std::string jpeg(int height, int width, const JpegKind& kind, const std::string& pixels);

/// `n` bytes that change smoothly, and differ from channel to channel.
std::string smooth(int height, int width, int channels);

}  // namespace xtape::testing
