// Pictures for `predict`, from files: PNG and JPEG (where xtape::images is built), PGM (P2 and P5, of 8 or 16 bits a
// pixel) and IDX. A file comes from anywhere: its size is checked before a pixel is read.
#pragma once

#include <cstdint>
#include <string>
#include <xtape/xtape.hpp>

struct Pictures {
  xtape::Tensor images;                // uint8 (N, 1, height, width)
  bool is_list = false;                // whether a picture of the file is named by its index
  std::int64_t height = 0, width = 0;  // what the picture had before it was resized; 0 where files are not resized
};

/// The pictures of a file, which must be height x width; a PNG or JPEG becomes grey and is resized. "-" is the standard
/// input, for a single picture. Of a PGM, the largest value becomes 255. IDX files hold uint8 (N, height, width) or
/// (height, width). FileError, of one line, for any other file.
Pictures read_pictures(const std::string& path, std::int64_t height, std::int64_t width);

/// Light becomes dark: 255 - x.
xtape::Tensor inverted(const xtape::Tensor& images);
/// Whether all corners of a picture (1, H, W) are light: then it probably shows something dark.
bool looks_dark_on_light(const xtape::Tensor& image);
