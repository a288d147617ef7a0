// Compressed bytes for tests.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace xtape::testing {

enum class Format { gzip = 16 + MAX_WBITS, raw = -MAX_WBITS };

/// At level 0 the blocks are stored.
inline std::string deflated(const std::string& bytes, Format format = Format::gzip, int level = 9) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, level, Z_DEFLATED, static_cast<int>(format), 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, bytes.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace xtape::testing
