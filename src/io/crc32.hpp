// CRC-32, as ZIP archives and checkpoints have it.
#pragma once

#include <zlib.h>

#include <cstdint>

namespace xtape::io {

/// `crc` (0 at first) continued over n more bytes. Given none, zlib's own function would begin anew.
inline std::uint32_t crc32_after(std::uint32_t crc, const void* bytes, std::int64_t n) noexcept {
  if (n == 0) return crc;
  return static_cast<std::uint32_t>(::crc32_z(crc, static_cast<const Bytef*>(bytes), static_cast<std::size_t>(n)));
}

}  // namespace xtape::io
