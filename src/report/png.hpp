// PNG (ISO/IEC 15948), as little of it as pictures in a page need: 8 bits a sample, grey or RGB, one chunk of pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xtape::report {

struct Picture {
  std::int64_t height = 0, width = 0;
  std::int64_t channels = 1;          // 1: grey; 3: red, green, blue
  std::vector<std::uint8_t> samples;  // (height, width, channels)
};

/// The bytes of a PNG file.
std::string png(const Picture& picture);
std::string base64(const std::string& bytes);

}  // namespace xtape::report
