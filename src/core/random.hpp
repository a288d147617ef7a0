// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): ten
// rounds that mix a 128-bit counter under a 64-bit key into four words. There is no state to carry, so any
// block of any stream can be computed at any time, on any thread.
#pragma once

#include <cstdint>

namespace xtape {

/// A place in the random numbers. The key is `seed`; the counter is (position, stream). A Generator has
/// stream 0; what must never disturb it (shuffling, splitting, made data) has a stream of its own, made by
/// keyed_stream.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t position = 0;  ///< in blocks of four words
  std::uint64_t stream = 0;
};

enum class StreamUse : std::uint64_t { shuffle = 1, split = 2, digits = 3, gradcheck = 4 };

/// The stream of `seed` for one use and one number (an epoch, an image): apart from every other and from
/// stream 0.
constexpr RandomStream keyed_stream(std::uint64_t seed, StreamUse use, std::uint64_t number = 0) noexcept {
  return {seed, 0, static_cast<std::uint64_t>(use) << 56 | (number & ((std::uint64_t{1} << 56) - 1))};
}

/// Replaces the counters c[0..3] of `lanes` blocks, side by side so that compilers use vectors, by their
/// random words.
template <int lanes>
constexpr void philox(std::uint32_t (&c)[4][lanes], std::uint64_t key) noexcept {
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int j = 0; j < lanes; ++j) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0][j];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2][j];
      c[0][j] = static_cast<std::uint32_t>(p1 >> 32) ^ c[1][j] ^ k0;
      c[2][j] = static_cast<std::uint32_t>(p0 >> 32) ^ c[3][j] ^ k1;
      c[1][j] = static_cast<std::uint32_t>(p1);
      c[3][j] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9;  // the golden ratio and sqrt(3) - 1: Weyl sequences
    k1 += 0xBB67AE85;
  }
}

/// Blocks are computed this many at a time.
inline constexpr int philox_lanes = 4;

/// The words of blocks first, first + 1, ... of the stream; `count` must be a multiple of philox_lanes.
inline void philox_blocks(const RandomStream& s, std::uint64_t first, int count,
                          std::uint32_t* words) noexcept {
  for (int b = 0; b < count; b += philox_lanes) {
    std::uint32_t c[4][philox_lanes];
    for (int j = 0; j < philox_lanes; ++j) {
      const std::uint64_t at = s.position + first + static_cast<std::uint64_t>(b + j);
      c[0][j] = static_cast<std::uint32_t>(at);
      c[1][j] = static_cast<std::uint32_t>(at >> 32);
      c[2][j] = static_cast<std::uint32_t>(s.stream);
      c[3][j] = static_cast<std::uint32_t>(s.stream >> 32);
    }
    philox(c, s.seed);
    for (int j = 0; j < philox_lanes; ++j) {
      for (int w = 0; w < 4; ++w) words[4 * (b + j) + w] = c[w][j];
    }
  }
}

}  // namespace xtape
