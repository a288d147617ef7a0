// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): ten rounds that
// turn a 128-bit counter and a 64-bit key into a block of four words; and dropout, which draws from it. One lane of 64
// bits holds one word of one block, in its lower half; the upper half is ignored.
#pragma once

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "core/random.hpp"
#include "kernels/isa.hpp"
#include "kernels/isa/elementwise.hpp"
#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

using Words64 __attribute__((vector_size(vector_bytes))) = uint64_t;
using Words32 __attribute__((vector_size(vector_bytes))) = uint32_t;
using Bytes __attribute__((vector_size(vector_bytes))) = uint8_t;
constexpr int block_lanes = vector_bytes / 8;

/// The products of the lanes' lower halves.
inline Words64 multiply_low(Words64 a, Words64 b) {
#if defined(__AVX512F__)
  return (Words64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Words64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Words64)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

/// The lanes' upper halves, in the lower ones.
inline Words64 upper_halves(Words64 a) {
#if defined(__AVX512F__)
  return (Words64)_mm512_shuffle_epi32((__m512i)a, (_MM_PERM_ENUM)0xF5);  // on a port that the products do not use
#else
  return a >> 32;
#endif
}

/// The block that a lane holds: block_words() puts even lanes before odd ones.
constexpr int block_of(int lane) { return lane / 2 + lane % 2 * (block_lanes / 2); }

constexpr int interleaved = 4;
constexpr int block_step = interleaved * block_lanes;
static_assert(philox_multiple % block_step == 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

using Blocks = const Words64 (&)[interleaved][4];

/// f(b, c) for the words c[v][0..3] of block_step blocks from first + b on, c[1] following c[0]; `count` is a multiple
/// of block_step.
template <class F>
void each_blocks(const RandomStream& stream, uint64_t first, int64_t count, F f) {
  const RandomStream s = stream;  // a copy that no store in f can change
  Words64 lane{}, key[10][2];
  for (int j = 0; j < block_lanes; ++j) lane[j] = (uint64_t)block_of(j);
  for (uint32_t round = 0; round < 10; ++round) {  // the golden ratio and sqrt(3) - 1: Weyl sequences
    key[round][0] = Words64{} + (uint32_t)(s.seed + round * 0x9E3779B9);
    key[round][1] = Words64{} + (uint32_t)((s.seed >> 32) + round * 0xBB67AE85);
  }
  const Words64 m0 = Words64{} + 0xD2511F53, m1 = Words64{} + 0xCD9E8D57;
  for (int64_t b = 0, end; b < count; b = end) {
    // While the upper half of the position stays the same, the compiler moves what depends on it alone, a tenth of the
    // work, out of the inner loop.
    const uint64_t position = s.position + first + (uint64_t)b;
    end = (position + (uint64_t)(count - b - 1)) >> 32 == position >> 32 ? count : b + block_step;
    Words64 upper[interleaved];
    for (int v = 0; v < interleaved; ++v) upper[v] = (lane + (position + (uint64_t)(v * block_lanes))) >> 32;
    for (; b < end; b += block_step) {
      Words64 c[interleaved][4];
      for (int v = 0; v < interleaved; ++v) {
        c[v][0] = lane + (s.position + first + (uint64_t)(b + v * block_lanes));
        c[v][1] = upper[v];
        c[v][2] = Words64{} + s.stream;
        c[v][3] = Words64{} + (s.stream >> 32);
      }
#pragma GCC unroll 10
      for (int round = 0; round < 10; ++round) {
        for (int v = 0; v < interleaved; ++v) {
          const Words64 p0 = multiply_low(c[v][0], m0), p1 = multiply_low(c[v][2], m1);
          c[v][0] = upper_halves(p1) ^ c[v][1] ^ key[round][0];
          c[v][2] = upper_halves(p0) ^ c[v][3] ^ key[round][1];
          c[v][1] = p1;
          c[v][3] = p0;
        }
      }
      f(b, c);
    }
  }
}

/// Of every four lanes of x and of y, the two at `odd` and `odd` + 2. As floats, for which GCC 12 emits one instruction
/// instead of three.
template <int odd, int... lane>
inline Words32 every_other(Words32 x, Words32 y, std::integer_sequence<int, lane...>) {
  using Floats = Vec<float>::register_type;
  return (Words32)__builtin_shufflevector(
      (Floats)x, (Floats)y, (lane / 4 * 4 + lane % 2 * 2 + odd + (lane % 4 < 2 ? 0 : 2 * block_lanes))...);
}
template <int odd>
inline Words32 every_other(Words32 x, Words32 y) {
  return every_other<odd>(x, y, std::make_integer_sequence<int, 2 * block_lanes>());
}

/// The words of a vector's blocks, one block after the other.
inline void block_words(const Words64 (&c)[4], Words32* words) {
  const Words32 c01 = every_other<0>((Words32)c[0], (Words32)c[1]), c23 = every_other<0>((Words32)c[2], (Words32)c[3]);
  words[0] = every_other<0>(c01, c23);
  words[1] = every_other<1>(c01, c23);
}

void philox_words(const RandomStream& s, uint64_t first, int64_t count, uint32_t* words) {
  each_blocks(s, first, count, [words](int64_t b, Blocks c) {
    Words32 all[2 * interleaved];
    for (int v = 0; v < interleaved; ++v) block_words(c[v], all + 2 * v);
    memcpy(words + 4 * b, all, sizeof all);
  });
}

/// The lanes, each of which is 0 or -1, as bytes.
inline Bytes as_bytes(const Words32* x) {
#if defined(__AVX512F__)
  Bytes bytes;
  for (int j = 0; j < 4; ++j) {
    const __m128i quarter = _mm512_cvtepi32_epi8((__m512i)x[j]);
    memcpy((char*)&bytes + 16 * j, &quarter, sizeof quarter);
  }
  return bytes;
#elif defined(__AVX2__)
  const __m256i low = _mm256_packs_epi32((__m256i)x[0], (__m256i)x[1]);
  const __m256i high = _mm256_packs_epi32((__m256i)x[2], (__m256i)x[3]);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);  // packs work within 128-bit halves
  return (Bytes)_mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
#elif defined(__SSE2__)
  return (Bytes)_mm_packs_epi16(_mm_packs_epi32((__m128i)x[0], (__m128i)x[1]),
                                _mm_packs_epi32((__m128i)x[2], (__m128i)x[3]));
#else
  Bytes bytes;
  for (int j = 0; j < vector_bytes; ++j) bytes[j] = (uint8_t)x[j / (2 * block_lanes)][j % (2 * block_lanes)];
  return bytes;
#endif
}

/// Masks of `count` blocks. Calls then(i, kept) after each vector_bytes of them, from mask[i] on; `kept` has all bits
/// set for a kept element, none for another.
constexpr int64_t mask_step = masks_per_block * block_step;
template <class Then>
[[gnu::noinline]] void keep_mask_blocks(const RandomStream& s, uint64_t first, int64_t count, uint64_t threshold,
                                        uint8_t* mask, Then then) {
  const Words32 last = Words32{} + (uint32_t)(threshold - 1);
  const Words32 any = Words32{} - (uint32_t)(threshold > 0);  // threshold 0 keeps nothing
  each_blocks(s, first, count, [last, any, mask, then](int64_t b, Blocks c) {
    for (int v = 0; v < interleaved; v += 2) {
      Words32 kept[4];
      block_words(c[v], kept);
      block_words(c[v + 1], kept + 2);
      for (Words32& words : kept) words = (Words32)(words <= last) & any;
      const Bytes bytes = as_bytes(kept) & 1;
      const int64_t i = 4 * (b + v * block_lanes);
      memcpy(mask + i, &bytes, sizeof bytes);
      then(i, kept);
    }
  });
}

struct NoMore {
  void operator()(int64_t, const Words32*) const {}
};
template <class Then>
void keep_mask_then(const RandomStream& s, int64_t first, int64_t n, double keep, uint8_t* mask, Then then) {
  const uint64_t threshold = (uint64_t)(keep * 0x1p32 + 0.5), block = (uint64_t)(first / masks_per_block);
  const int64_t whole = n / mask_step * mask_step;
  keep_mask_blocks(s, block, whole / masks_per_block, threshold, mask, then);
  if (whole == n) return;
  uint8_t last[mask_step];
  keep_mask_blocks(s, block + (uint64_t)(whole / masks_per_block), block_step, threshold, last, NoMore{});
  memcpy(mask + whole, last, (size_t)(n - whole));
}

void keep_mask(const RandomStream& s, int64_t first, int64_t n, double keep, uint8_t* mask) {
  keep_mask_then(s, first, n, keep, mask, NoMore{});
}

/// y = x scale where all bits of `kept` are set, else 0, on vector_bytes elements.
inline void scale_kept(const float* x, const Words32* kept, float scale, float* y) {
  for (int j = 0; j < 4; ++j, x += lanes<float>, y += lanes<float>) {
    const Words32 scaled = (Words32)(Vec<float>::load_unaligned(x) * Vec<float>(scale)).data & kept[j];
    memcpy(y, &scaled, sizeof scaled);
  }
}

/// In one pass for floats, in two for doubles.
template <class T>
void dropout(const RandomStream& s, int64_t first, int64_t n, double keep, T scale, const T* x, uint8_t* mask, T* y) {
  int64_t done = 0;
  if constexpr (sizeof(T) == 4) {
    keep_mask_then(s, first, n, keep, mask,
                   [=](int64_t i, const Words32* kept) { scale_kept(x + i, kept, scale, y + i); });
    done = n / mask_step * mask_step;
  } else {
    keep_mask(s, first, n, keep, mask);
  }
  masked_scale(x + done, mask + done, scale, y + done, n - done);
}

}  // namespace
}  // namespace xtape::kernels
