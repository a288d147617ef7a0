// Writes the first inputs of the fuzzers, tiny pictures of every kind: write_corpus tests/fuzz/corpus
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "images/pictures.hpp"

using namespace xtape::testing;

namespace {

void write(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_pngs(const std::string& folder) {
  for (const int depth : {1, 2, 4, 8, 16}) {
    const std::string name = std::to_string(depth), row(static_cast<std::size_t>((3 * depth + 7) / 8), '\x1b');
    write(folder + "/grey" + name, png(2, 3, {.depth = depth}, row + row));
    if (depth <= 8) {
      const PngKind kind{.depth = depth, .color_type = 3, .palette = smooth(1, 1 << std::min(depth, 4), 3)};
      write(folder + "/palette" + name, png(2, 3, kind, std::string(2 * row.size(), '\0')));
    }
  }
  for (const int depth : {8, 16}) {
    for (const int type : {2, 4, 6}) {
      const int bytes = (type == 2 ? 3 : type == 4 ? 2 : 4) * depth / 8;
      const std::string name = "/type" + std::to_string(type) + "_" + std::to_string(depth);
      write(folder + name, png(2, 3, {.depth = depth, .color_type = type}, smooth(2, 3, bytes)));
      write(folder + name + "_interlaced",
            png(5, 5, {.depth = depth, .color_type = type, .interlaced = true}, smooth(5, 5, bytes)));
    }
  }
  write(folder + "/transparent", png(2, 3, {.depth = 8, .transparency = "\x07"}, smooth(2, 3, 1)));
}

void write_jpegs(const std::string& folder) {
  const char* const names[] = {"grey", "ycc", "rgb", "cmyk", "ycck"};
  for (int i = 0; i < 5; ++i) {
    const int channels = i == 0 ? 1 : i < 3 ? 3 : 4;
    for (const bool progressive : {false, true}) {
      const JpegKind kind{.colors = static_cast<JpegColors>(i), .progressive = progressive, .quality = 20};
      write(folder + "/" + names[i] + (progressive ? "_progressive" : ""), jpeg(9, 10, kind, smooth(9, 10, channels)));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  write_pngs(std::string(argv[1]) + "/png");
  write_jpegs(std::string(argv[1]) + "/jpeg");
}
