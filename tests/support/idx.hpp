// The bytes of IDX files for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xtape::testing {

inline std::string big_endian(std::uint32_t v) {
  std::string s;
  for (int shift : {24, 16, 8, 0}) s += static_cast<char>(v >> shift);
  return s;
}

inline std::string idx_header(const std::vector<std::uint32_t>& shape, char type = 0x08) {
  std::string s{0, 0, type, static_cast<char>(shape.size())};
  for (std::uint32_t extent : shape) s += big_endian(extent);
  return s;
}

/// A file of bytes, of which byte i is i mod `wrap`.
inline std::string idx(const std::vector<std::uint32_t>& shape, int wrap = 251) {
  std::string s = idx_header(shape);
  std::size_t n = 1;
  for (std::uint32_t extent : shape) n *= extent;
  for (std::size_t i = 0; i < n; ++i) s += static_cast<char>(i % static_cast<std::size_t>(wrap));
  return s;
}

}  // namespace xtape::testing
