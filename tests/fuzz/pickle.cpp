// Any bytes as the pickle in a file of torch.save, beside storages of some sizes. The last byte says how the archive is
// written, and whether the state dict is looked for under the key "model".
#include <array>

#include "fuzz/archive.hpp"

using namespace xtape;

namespace {

/// An archive with the storages, for every form of entries that are not deflated: npz.cpp deflates.
const fuzz::Archive& storages(unsigned form) {
  static const auto archives = [] {
    std::array<fuzz::Archive, 8> all;
    for (unsigned i = 0; i < all.size(); ++i) {
      int key = 0;
      for (const std::size_t bytes : {24, 48, 6, 0}) {
        all[i].add("x/data/" + std::to_string(key++), std::string(bytes, '\1'), i << 5);
      }
    }
    return all;
  }();
  return archives[form];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const unsigned form = data[size - 1] >> 5;
  const bool has_key = data[size - 1] & 0x10;
  fuzz::Archive archive = storages(form);
  archive.add("x/data.pkl", std::string(reinterpret_cast<const char*>(data), size - 1), form << 5);
  const std::string file = archive.bytes(false);
  StateDict loaded;
  fuzz::load_within_bounds(
      fuzz::bytes_of(file),
      [has_key](const auto& path) { return has_key ? io::load_torch(path, "model") : io::load_torch(path); }, loaded,
      {.most_declared = static_cast<std::int64_t>(1032 * file.size()), .most_beside_small = 16 << 20});
  return 0;
}
