// Any bytes as a safetensors file.
#include "fuzz/harness.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Bytes bytes(data, size);
  const bool is_loaded = fuzz::load_within_bounds(bytes, [](const auto& path) { return io::load_safetensors(path); });
  if (!is_loaded) return 0;
  // Metadata alone are read by the same rules.
  const io::Metadata metadata = io::safetensors_metadata(fuzz::file_of(bytes));
  int checked = 0;
  for (const auto& [name, text] : metadata) {
    fuzz::expect(metadata.at(name) == text, "a name finds its text");
    if (++checked == 100) break;  // each search is linear
  }
  return 0;
}
