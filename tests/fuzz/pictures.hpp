// What the fuzzers of PNG and JPEG share: any bytes, decoded in each number of channels and resized.
#pragma once

#include "fuzz/harness.hpp"
#include "xtape/images.hpp"

namespace xtape::fuzz {

/// Decodes within bounds. Of the three numbers of channels all are read or none.
inline void decode_picture(Bytes bytes) {
  // The library's own memory for a progressive picture is twice its pixels; most_pixels keeps rows short.
  constexpr std::int64_t most_pixels = 1 << 20;
  bool is_read[3];
  StateDict loaded[3];
  constexpr std::int64_t channels[] = {0, 1, 3};
  for (int i = 0; i < 3; ++i) {
    const auto load = [channels = channels[i]](const std::string& path) {
      return dict_of(images::read_image(path, {.channels = channels, .most_pixels = most_pixels}));
    };
    is_read[i] = load_within_bounds(bytes, load, loaded[i], {.most_declared = 8 * most_pixels});
  }
  expect(is_read[0] == is_read[1] && is_read[1] == is_read[2], "the number of channels does not matter");
  if (!is_read[0]) return;
  const Tensor x = loaded[0].at("x"), grey = loaded[1].at("x"), color = loaded[2].at("x");
  expect(x.dim() == 3 && x.dtype() == uint8 && equal(x, x.size(0) == 1 ? grey : color), "as in the file");
  expect(images::resize_area(x, 5, 3).shape() == Shape{x.size(0), 5, 3}, "it can be resized");
}

}  // namespace xtape::fuzz
