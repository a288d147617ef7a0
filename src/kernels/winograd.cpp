// A tile of 4 x 4 elements of the source, begun anew every two elements, gives 2 x 2 results. Tile d, kernel g and
// products m are transformed: with V = B^T d B and U = G g G^T, the results are A^T m A, where m, for each of the 16
// places, is the sum of U V over the channels: 16 products of matrices. A chunk of tiles is transformed and multiplied
// at a time, so that it stays in the second cache; tiles do not depend on one another, nor on how they are cut into
// chunks.
#include "kernels/winograd.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "core/parallel.hpp"
#include "kernels/isa.hpp"
#include "kernels/products.hpp"
#include "kernels/room.hpp"
#include "kernels/windows.hpp"

namespace xtape::kernels {

namespace {

constexpr std::int64_t places = 16;

std::int64_t tiles_for(std::int64_t results) { return (results + 1) / 2; }

/// What the tiles see, laid out without strides.
WindowAxis axis_of_tiles(std::int64_t results, std::int64_t extent, std::int64_t first) {
  return {2 * tiles_for(results) - 1, 1, extent, {first, first + 1, first + 2, first + 3}};
}

/// Of the vectors that there are, the one that makes rows of `tiles` tiles in the least time: they are rounded up to
/// whole halves of a vector, which products take in, and a narrower vector takes longer to transform them.
std::int64_t lanes_for(std::int64_t tiles) {
  const auto time = [tiles](std::int64_t n) { return round_up(tiles, n / 2) * (8 + 16 / n); };
  std::int64_t best = isa().winograd_lanes;
  for (std::int64_t n = best; n >= 4; n /= 2) best = time(n) < time(best) ? n : best;
  return best;
}

/// How a pass is cut into tiles, rows of tiles, and chunks of those.
struct Tiling {
  Tiling(const WinogradPass& pass, int threads)
      : height(tiles_for(pass.height)),
        lanes(lanes_for(tiles_for(pass.width))),
        width(round_up(tiles_for(pass.width), lanes / 2)),
        down(axis_of_tiles(pass.height, pass.source_height, pass.first_row)),
        across(axis_of_tiles(pass.width, pass.source_width, pass.first_column)) {
    constexpr std::int64_t near = 2 << 12, fewest = 32, most = 192;
    const std::int64_t share = pass.images * height * width / (2 * threads) + 1;
    const std::int64_t wished =
        std::min(threads > 1 ? share : most, std::clamp(near / (pass.channels + pass.rows), fewest, most));
    images = std::clamp<std::int64_t>(wished / (height * width), 1, pass.images);
    const std::int64_t parts = std::clamp<std::int64_t>(height * width / wished, 1, height);
    rows = (height + parts - 1) / parts;
    image_steps = (pass.images + images - 1) / images;
    row_steps = (height + rows - 1) / rows;
    ld = round_up(images * rows * width, window_columns) + window_columns;
  }

  /// The chunk, in windows.
  WindowChunk chunk(std::int64_t i, std::int64_t all_images) const {
    const std::int64_t image = i / row_steps * images, row = i % row_steps * rows;
    return {image, std::min(images, all_images - image), 2 * row, 2 * std::min(rows, height - row) - 1};
  }
  /// From one place to the next: `n` rows, and not a multiple of what the first cache maps to the same lines.
  std::int64_t next(std::int64_t n) const { return n * ld + window_columns / 2; }

  std::int64_t height, lanes, width;  // in tiles; the width is that of whole runs
  WindowAxis down, across;
  std::int64_t images, rows, image_steps, row_steps;  // of tiles, at a time
  std::int64_t ld;                                    // from a channel's tiles to the next one's
};

/// U of one kernel, `next` apart.
void transform_kernel(const float* g, const std::int64_t* tap, float* to, std::int64_t next) {
  float half[4][3];
  for (int u = 0; u < 3; ++u) {
    const float a = g[tap[u]], b = g[tap[3 + u]], c = g[tap[6 + u]];
    half[0][u] = a;
    half[1][u] = (a + b + c) * 0.5f;
    half[2][u] = (a - b + c) * 0.5f;
    half[3][u] = c;
  }
  for (int t = 0; t < 4; ++t, to += 4 * next) {
    const float a = half[t][0], b = half[t][1], c = half[t][2];
    to[0] = a;
    to[next] = (a + b + c) * 0.5f;
    to[2 * next] = (a - b + c) * 0.5f;
    to[3 * next] = c;
  }
}

/// From the weights of one place to those of the next: not a power of two apart, or all 16 would share a cache set.
std::int64_t next_of_weight(const WinogradPass& pass) { return pass.channels * pass.rows + 16; }

/// U of all kernels: for each group and place the strips of multiply_windows.
void transform_weight(const WinogradPass& pass, float* to) {
  const std::int64_t next = next_of_weight(pass);
  for (std::int64_t g = 0; g < pass.groups; ++g, to += places * next - pass.channels * pass.rows) {
    each_strip<float>(pass.channels, pass.rows, [&pass, &to, g, next](std::int64_t channel, std::int64_t row) {
      transform_kernel(pass.weight + g * pass.of_group + row * pass.of_row + channel * pass.of_channel, pass.tap, to++,
                       next);
    });
  }
}

/// A chunk of tiles on its way through a group after another.
struct ChunkOfTiles {
  ChunkOfTiles(const WinogradPass& p, const Tiling& t, const WindowChunk& c)
      : pass(p), tiling(t), chunk(c), windows(t.down, t.across, c, p.channels, false) {
    windows.each_run(0, windows.columns(),
                     [this](std::int64_t image, std::int64_t row, std::int64_t, std::int64_t, std::int64_t at) {
                       if (row % 2 != 0) return;
                       const std::int64_t y = chunk.first_row + row;
                       const std::int64_t to =
                           ((chunk.first_image + image) * pass.groups * pass.rows * pass.height + y) * pass.width;
                       for (std::int64_t j = 0; j < 2 * tiling.width; j += tiling.lanes) {
                         runs.push_back({at + j, to + j, std::min<std::int64_t>(2, pass.height - y),
                                         std::min(tiling.lanes, pass.width - j)});
                       }
                     });
  }
  std::int64_t tiles() const { return static_cast<std::int64_t>(runs.size()) * tiling.lanes / 2; }

  const WinogradPass& pass;
  const Tiling& tiling;
  const WindowChunk& chunk;
  const Windows<float> windows;
  std::vector<TileRun> runs = {};
};

/// V of a group's channels, from their elements.
void transform_tiles(const ChunkOfTiles& c, const float* laid_out, float* to) {
  const std::int64_t next = c.tiling.next(c.pass.channels), *offset = c.windows.offset(), tiles = c.tiles();
  const std::int64_t slack = round_up(tiles, window_columns) - tiles;  // a product reads it
  for (std::int64_t k = 0; k < c.pass.channels; ++k, to += c.tiling.ld, offset += places) {
    isa().winograd_tiles(c.tiling.lanes, laid_out + offset[0], offset[4] - offset[0], c.runs.data(),
                         static_cast<std::int64_t>(c.runs.size()), to, next);
    for (std::int64_t place = 0; place < places && slack > 0; ++place)
      std::fill_n(to + place * next + tiles, slack, 0.0f);
  }
}

/// The results of a group.
bool put_results(const ChunkOfTiles& c, std::int64_t group, const float* m) {
  const WinogradPass& pass = c.pass;
  bool finite = true;
  for (std::int64_t r = group * pass.rows; r < (group + 1) * pass.rows; ++r, m += c.tiling.ld) {
    finite &= isa().winograd_results(c.tiling.lanes, m, c.tiling.next(pass.rows), pass.bias ? pass.bias[r] : 0,
                                     c.runs.data(), static_cast<std::int64_t>(c.runs.size()),
                                     pass.target + r * pass.height * pass.width, pass.width);
  }
  return finite;
}

bool run_chunk_of_tiles(const WinogradPass& pass, const Tiling& tiling, const WindowChunk& chunk, const float* weight) {
  const ChunkOfTiles c(pass, tiling, chunk);
  const std::int64_t ld = tiling.ld, next_v = tiling.next(pass.channels), next_m = tiling.next(pass.rows);
  const Room<float> laid_out(c.windows.size()), v(places * next_v), m(places * next_m);
  std::vector<std::int64_t> offset;
  for (std::int64_t k = 0; k < pass.channels; ++k) offset.push_back(k * ld);
  const std::int64_t part = part_of_terms(pass.channels);
  bool finite = true;
  for (std::int64_t g = 0; g < pass.groups; ++g) {
    c.windows.lay_out({pass.source, pass.groups * pass.channels, tiling.down, tiling.across}, g * pass.channels,
                      laid_out);
    transform_tiles(c, laid_out, v);
    for (std::int64_t place = 0; place < places; ++place, weight += next_of_weight(pass)) {
      for (std::int64_t p = 0; p < pass.channels; p += part) {
        isa().float32.multiply_windows(weight + p * pass.rows, pass.rows, v + place * next_v, offset.data() + p,
                                       std::min(part, pass.channels - p), c.tiles(), p > 0, m + place * next_m, ld);
      }
    }
    finite &= put_results(c, g, m);
  }
  return finite;
}

}  // namespace

bool suits_winograd(const WinogradPass& pass) {
  constexpr std::int64_t fewest_tiles = 256;  // to transform the weight takes as long as the products of so many
  const std::int64_t tiles = tiles_for(pass.height) * tiles_for(pass.width);
  const std::int64_t made = 4 * tiles;  // results, of which at most 1.4 may be made for each one kept
  // A tile's products against its transforms, which gain less from wide vectors.
  return pass.channels * pass.rows >= isa().winograd_lanes * (pass.channels + pass.rows) &&
         pass.images * tiles >= fewest_tiles && 5 * made <= 7 * pass.height * pass.width;
}

bool by_winograd(const WinogradPass& pass) {
  const Room<float> weight(pass.groups * places * next_of_weight(pass));
  transform_weight(pass, weight);
  const double tiles =
      static_cast<double>(pass.images) * static_cast<double>(tiles_for(pass.height) * tiles_for(pass.width));
  const double products = tiles * static_cast<double>(pass.groups * places * pass.channels * pass.rows);
  const int threads = threads_for(products / isa().float32.gemm_rate);
  const Tiling tiling(pass, threads);
  std::atomic<bool> finite = true;
  parallel_for(tiling.image_steps * tiling.row_steps, threads, [&pass, &tiling, &weight, &finite](std::int64_t i) {
    if (!run_chunk_of_tiles(pass, tiling, tiling.chunk(i, pass.images), weight)) finite = false;
  });
  return finite;
}

}  // namespace xtape::kernels
