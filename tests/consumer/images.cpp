// A program that links xtape::images and, by it, xtape: it decodes a PNG of one grey pixel.
#include <cstdint>
#include <cstdio>

#include <xtape/images.hpp>
#include <xtape/xtape.hpp>

int main() {
  constexpr std::uint8_t png[] = {137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 58, 126, 155, 85, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 56, 1, 0, 0, 202, 0, 201, 153, 202, 93, 126, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130};
  const xtape::Tensor x = xtape::images::decode_image(png);
  bool refused = false;
  try {
    xtape::images::read_image("missing.png");
  } catch (const xtape::FileError& error) {
    refused = error.op() == "read_image";
  }
  std::printf("%d %d\n", x.item<int>(), refused);
  return x.item<int>() == 200 && refused ? 0 : 1;
}
