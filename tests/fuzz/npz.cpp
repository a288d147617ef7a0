// Bytes that begin as a ZIP archive are read as a .npz file. Of other bytes an archive is made whose checksums are
// right: it loads exactly if each of its members does as a .npy file, and to the same arrays.
#include <fuzzer/FuzzedDataProvider.h>

#include "fuzz/archive.hpp"

using namespace xtape;

namespace {

/// A file that fails may have declared as much as deflate can make of it.
bool is_read(fuzz::Bytes bytes, StateDict& loaded) {
  const auto most = static_cast<std::int64_t>(1032 * bytes.size());
  return fuzz::load_within_bounds(bytes, [](const auto& path) { return io::load_npz(path); }, loaded,
                                  {.most_declared = most});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  StateDict loaded;
  if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
    is_read({data, size}, loaded);
    return 0;
  }
  FuzzedDataProvider random(data, size);
  fuzz::Archive archive;
  StateDict expected;
  bool can_be_read = true;
  const bool is_zip64 = random.ConsumeBool();
  for (char name = 'a'; name < 'e' && random.remaining_bytes() > 0; ++name) {
    const auto form = random.ConsumeIntegral<std::uint8_t>();
    const std::string stem(1, name), member = random.ConsumeRandomLengthString(300);
    archive.add(stem + (form & 1 ? ".npy" : ""), member, form);
    StateDict array;
    can_be_read &= fuzz::load_within_bounds(
        fuzz::bytes_of(member), [](const auto& path) { return fuzz::dict_of(io::load_npy(path)); }, array);
    if (array.size() == 1) expected.insert(stem, array.at("x"));
  }
  fuzz::expect(is_read(fuzz::bytes_of(archive.bytes(is_zip64)), loaded) == can_be_read, "members load as files do");
  if (can_be_read) fuzz::expect_equal_bits(loaded, expected);
  return 0;
}
