// Bytes that begin as gzip does are read as a compressed IDX file. Other bytes are compressed first, as one member or
// several, so that their checksums are right: compressed and plain, a file gives the same tensor or fails.
#include <zlib.h>

#include <vector>

#include "fuzz/harness.hpp"

using namespace xtape;

namespace {

/// Appends a member. The choice of header fields, level and strategy comes from `how`.
void append_member(std::vector<std::uint8_t>& out, fuzz::Bytes plain, unsigned how) {
  z_stream stream{};
  const int strategy = static_cast<int>(how >> 4 & 3);  // Z_DEFAULT_STRATEGY to Z_RLE
  fuzz::expect(deflateInit2(&stream, static_cast<int>(how % 10), Z_DEFLATED, 31, 8, strategy) == Z_OK, "deflateInit2");
  Bytef name[] = "name", extra[] = "extra";
  gz_header header{};
  if (how & 0x40) header.name = name;
  if (how & 0x80) {
    header.extra = extra;
    header.extra_len = sizeof extra;
    header.hcrc = 1;
  }
  if (how & 0xc0) deflateSetHeader(&stream, &header);
  const std::size_t before = out.size();
  out.resize(before + deflateBound(&stream, plain.size()) + 64);
  stream.next_in = const_cast<Bytef*>(plain.data());  // which deflate does not write
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data() + before;
  stream.avail_out = static_cast<uInt>(out.size() - before);
  fuzz::expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(before + stream.total_out);
  deflateEnd(&stream);
}

bool is_read(fuzz::Bytes bytes, StateDict& loaded) {
  // Deflate can make 1,032 bytes of one, and of a byte becomes an int32.
  const auto most = static_cast<std::int64_t>(4 * 1032 * bytes.size());
  return fuzz::load_within_bounds(bytes, [](const auto& path) { return fuzz::dict_of(data::read_idx(path)); }, loaded,
                                  {.most_declared = most});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b) {
    StateDict ignored;
    is_read({data, size}, ignored);
    return 0;
  }
  if (size < 2) return -1;
  // The last two bytes say how to compress the others.
  const fuzz::Bytes plain(data, size - 2);
  const unsigned how = data[size - 1], cut = data[size - 2];
  const std::size_t first = cut < plain.size() ? cut : plain.size();
  std::vector<std::uint8_t> compressed;
  append_member(compressed, plain.first(first), how);
  if (first < plain.size()) append_member(compressed, plain.subspan(first), how + cut);

  StateDict expected, loaded;
  const bool is_loaded = is_read(compressed, loaded);
  // Plain bytes that look compressed would be decompressed twice.
  if (plain.size() >= 2 && plain[0] == 0x1f && plain[1] == 0x8b) return 0;
  fuzz::expect(is_read(plain, expected) == is_loaded, "compressed and plain load alike");
  if (is_loaded) fuzz::expect_equal_bits(loaded, expected);
  return 0;
}
