// Filling spans with random numbers. Element i of a draw is a function of (stream, i) alone, so every fill
// may be split: `out` receives the elements first, first + 1, ..., first + n - 1 of the draw.
#pragma once

#include <cstdint>

#include "core/random.hpp"

namespace xtape::kernels {

// How many elements come from one block of four words.
template <class T>
inline constexpr std::int64_t reals_per_block = sizeof(T) == 4 ? 4 : 2;
inline constexpr std::int64_t integers_per_block = 2;

/// The blocks that a draw of n elements takes: whole ones, so that the next draw begins on a fresh block.
constexpr std::uint64_t blocks_for(std::int64_t n, std::int64_t per_block) noexcept {
  return static_cast<std::uint64_t>(n / per_block + (n % per_block != 0));
}

/// Uniform on [0, 1): 24 bits of a word for float, 53 bits of two words for double.
template <class T>
void uniform(const RandomStream& s, std::int64_t first, std::int64_t n, T* out);

/// Standard normal: the Box-Muller transform of two neighbouring words (float) or pairs of words (double).
template <class T>
void normal(const RandomStream& s, std::int64_t first, std::int64_t n, T* out);

/// low + floor(range u), u of 64 bits. The bias is below range / 2^64.
void randint(const RandomStream& s, std::int64_t first, std::int64_t n, std::int64_t low, std::uint64_t range,
             std::int64_t* out);

/// A permutation of 0 .. n-1 (Fisher-Yates). Uses blocks_for(n, integers_per_block) blocks.
void permutation(const RandomStream& s, std::int64_t n, std::int64_t* out);

/// 1 where a uniform number of 53 bits is below p[i], else 0.
template <class T>
void bernoulli(const RandomStream& s, std::int64_t first, std::int64_t n, const T* p, T* out);

/// A seed of its own for each (use, epoch, number), e.g. of a sample: half a block of keyed_stream(seed, use, epoch).
/// No two arguments, with epochs below 2^56, share a block, so that equal seeds are as rare as among random numbers of
/// 64 bits.
std::uint64_t derived_seed(std::uint64_t seed, StreamUse use, std::uint64_t epoch, std::uint64_t number) noexcept;

}  // namespace xtape::kernels
