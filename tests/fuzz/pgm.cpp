// Any bytes that begin as a PGM, which `xtape-mnist predict` reads. What it takes has the same pixels when it is
// written again, in either form.
#include "fuzz/harness.hpp"
#include "mnist/picture.hpp"

using namespace xtape;

namespace {

constexpr std::int64_t height = 3, width = 2;

fuzz::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

StateDict load(const std::string& path) { return fuzz::dict_of(read_pictures(path, height, width).images); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || data[0] != 'P' || (data[1] != '2' && data[1] != '5')) return -1;
  StateDict loaded, again;
  if (!fuzz::load_within_bounds({data, size}, load, loaded)) return 0;
  const Tensor x = loaded.at("x");
  fuzz::expect(x.dtype() == uint8 && x.shape() == Shape{1, 1, height, width}, "a picture of the model's size");
  std::string plain = "P2 2 3 255", binary = "P5 2 3 255\n";
  for (const std::uint8_t pixel : x.to_vector<std::uint8_t>()) {
    plain += ' ' + std::to_string(pixel);
    binary += static_cast<char>(pixel);
  }
  for (const std::string& text : {plain, binary}) {
    fuzz::expect(fuzz::load_within_bounds(bytes_of(text), load, again), "it is read again");
    fuzz::expect_equal_bits(loaded, again);
  }
  return 0;
}
