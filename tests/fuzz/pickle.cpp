// Any bytes as the pickle in a file of torch.save, beside storages of some sizes. The last byte says how the archive is
// written, and whether the state dict is looked for under the key "model".
#include <iterator>

#include "fuzz/archive.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const unsigned form = data[size - 1] & 0xe0;  // stored: npz.cpp deflates
  const bool has_key = data[size - 1] & 0x10;
  fuzz::Archive archive;
  archive.add("x/data.pkl", std::string(reinterpret_cast<const char*>(data), size - 1), form);
  const std::size_t sizes[] = {24, 48, 6, 0, 12};
  for (std::size_t key = 0; key < std::size(sizes); ++key) {
    archive.add("x/data/" + std::to_string(key), std::string(sizes[key], '\1'), form);
  }
  const std::string file = archive.bytes(false);
  StateDict loaded;
  fuzz::load_within_bounds(
      fuzz::bytes_of(file),
      [has_key](const auto& path) { return has_key ? io::load_torch(path, "model") : io::load_torch(path); }, loaded,
      {.most_declared = static_cast<std::int64_t>(1032 * file.size()), .most_beside_small = 16 << 20});
  return 0;
}
