#include "report/png.hpp"

#include <zlib.h>

#include <new>

#include "io/crc32.hpp"

namespace xtape::report {

namespace {

void append_big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

void append_chunk(std::string& out, const std::string& type, const std::string& data) {
  append_big_endian(out, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  out += body;
  append_big_endian(out, io::crc32_after(0, body.data(), static_cast<std::int64_t>(body.size())));
}

/// Each row begins with its filter. Filter 1 stores the difference from the pixel on the left, which is often small.
std::string filtered_rows(const Picture& p) {
  constexpr char difference_from_left = 1;
  const std::int64_t row = p.width * p.channels;
  std::string out;
  out.reserve(static_cast<std::size_t>(p.height * (row + 1)));
  for (std::int64_t y = 0; y < p.height; ++y) {
    const std::uint8_t* x = p.samples.data() + y * row;
    out += difference_from_left;
    for (std::int64_t i = 0; i < row; ++i) out += static_cast<char>(x[i] - (i < p.channels ? 0 : x[i - p.channels]));
  }
  return out;
}

std::string deflated(const std::string& bytes) {
  uLongf size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  // It fails only for want of memory.
  if (::compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                 static_cast<uLong>(bytes.size())) != Z_OK) {
    throw std::bad_alloc();
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string png(const Picture& picture) {
  std::string out = "\x89PNG\r\n\x1a\n";
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(picture.width));
  append_big_endian(header, static_cast<std::uint32_t>(picture.height));
  header += '\x08';                                 // bits a sample
  header += picture.channels == 3 ? '\x02' : '\0';  // RGB, grey
  header += std::string(3, '\0');                   // deflate, filters by row, not interlaced
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", deflated(filtered_rows(picture)));
  append_chunk(out, "IEND", "");
  return out;
}

std::string base64(const std::string& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = i; k < i + 3; ++k) {
      group = group << 8 | (k < bytes.size() ? static_cast<std::uint8_t>(bytes[k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace xtape::report
