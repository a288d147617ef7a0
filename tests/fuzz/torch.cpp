// Any bytes as a file of torch.save.
#include "fuzz/harness.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  StateDict loaded;
  fuzz::load_within_bounds({data, size}, [](const auto& path) { return io::load_torch(path); }, loaded,
                           {.most_declared = static_cast<std::int64_t>(1032 * size), .most_beside_small = 16 << 20});
  return 0;
}
