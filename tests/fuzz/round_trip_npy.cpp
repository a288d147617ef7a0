// Random tensors survive save_npy and load_npy bit for bit.
#include "fuzz/random_tensor.hpp"

using namespace xtape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider random(data, size);
  const Tensor x = fuzz::random_tensor(random);
  const std::string path = fuzz::directory() + "/x";
  io::save_npy(path, x);
  fuzz::expect_equal_bits(fuzz::dict_of(x), fuzz::dict_of(io::load_npy(path)));
  return 0;
}
