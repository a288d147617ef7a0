// Any bytes as a .npy file.
#include "fuzz/harness.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::load_within_bounds({data, size}, [](const auto& path) { return fuzz::dict_of(io::load_npy(path)); });
  return 0;
}
