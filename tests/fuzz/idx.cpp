// Any bytes as an IDX file that is not compressed.
#include "fuzz/harness.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b) return -1;  // gzip.cpp's part
  fuzz::load_within_bounds({data, size}, [](const auto& path) { return fuzz::dict_of(data::read_idx(path)); });
  return 0;
}
