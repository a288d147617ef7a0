// Any bytes that begin as a JPEG.
#include "fuzz/pictures.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3 || data[0] != 0xff) return -1;
  xtape::fuzz::decode_picture({data, size});
  return 0;
}
