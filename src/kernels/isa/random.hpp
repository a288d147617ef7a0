// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): ten rounds that
// mix a 128-bit counter under a 64-bit key into a block of four words; and dropout, which is drawn from it. One lane
// of 64 bits holds one word of one block, in its lower half; what stands in the upper half is never looked at.
#pragma once

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "core/random.hpp"
#include "kernels/isa.hpp"
#include "kernels/isa/elementwise.hpp"

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
using Words32 __attribute__((vector_size(vector_bytes / 2))) = uint32_t;
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
  return (Words64)_mm512_shuffle_epi32((__m512i)a, (_MM_PERM_ENUM)0xF5);  // on the port that the products leave free
#else
  return a >> 32;
#endif
}

constexpr int abreast = 4;
constexpr int block_step = abreast * block_lanes;
static_assert(philox_multiple % block_step == 0 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

/// f(b, c) for the words c[v][0..3] of block_step blocks from first + b on, c[1] following c[0]; `count` is a multiple
/// of block_step.
template <class F>
void each_blocks(const RandomStream& stream, uint64_t first, int64_t count, F f) {
  const RandomStream s = stream;  // which no store of f's may change
  Words64 lane, key[10][2];
  for (int j = 0; j < block_lanes; ++j) lane[j] = (uint64_t)j;
  for (uint32_t round = 0; round < 10; ++round) {  // the golden ratio and sqrt(3) - 1: Weyl sequences
    key[round][0] = Words64{} + (uint32_t)(s.seed + round * 0x9E3779B9);
    key[round][1] = Words64{} + (uint32_t)((s.seed >> 32) + round * 0xBB67AE85);
  }
  const Words64 m0 = Words64{} + 0xD2511F53, m1 = Words64{} + 0xCD9E8D57;
  for (int64_t b = 0; b < count; b += block_step) {
    Words64 c[abreast][4];
    for (int v = 0; v < abreast; ++v) {
      const Words64 at = lane + (s.position + first + (uint64_t)(b + v * block_lanes));
      c[v][0] = at;
      c[v][1] = at >> 32;
      c[v][2] = Words64{} + s.stream;
      c[v][3] = Words64{} + (s.stream >> 32);
    }
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      for (int v = 0; v < abreast; ++v) {
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

using Blocks = const Words64 (&)[abreast][4];

void philox_words(const RandomStream& s, uint64_t first, int64_t count, uint32_t* words) {
  each_blocks(s, first, count, [words](int64_t b, Blocks c) {
    uint64_t pairs[2 * block_step];
    for (int v = 0; v < abreast; ++v) {
      const Words64 low = (c[v][0] & 0xFFFFFFFF) | c[v][1] << 32, high = (c[v][2] & 0xFFFFFFFF) | c[v][3] << 32;
      for (int j = 0; j < block_lanes; ++j) {
        pairs[2 * (v * block_lanes + j)] = low[j];
        pairs[2 * (v * block_lanes + j) + 1] = high[j];
      }
    }
    memcpy(words + 4 * b, pairs, sizeof pairs);
  });
}

/// Masks of `count` blocks; then(i) follows on each mask_step of them, which begins with mask[i].
constexpr int64_t mask_step = masks_per_block * block_step;
template <class Then>
void keep_mask_blocks(const RandomStream& s, uint64_t first, int64_t count, uint64_t threshold, uint8_t* mask,
                      Then then) {
  each_blocks(s, first, count, [threshold, mask, then](int64_t b, Blocks c) {
    for (int v = 0; v < abreast; ++v) {
      // A word less the threshold has ones in the upper half where it is below: each leaves one in a byte of its own.
      Words64 bytes{};
      for (int w = 0; w < 4; ++w) bytes |= ((c[v][w] & 0xFFFFFFFF) - threshold) & (uint64_t{1} << (32 + 8 * w));
      const Words32 packed = __builtin_convertvector(bytes >> 32, Words32);
      memcpy(mask + 4 * (b + v * block_lanes), &packed, sizeof packed);
    }
    then(4 * b);
  });
}

template <class Then>
void keep_mask_then(const RandomStream& s, int64_t first, int64_t n, double keep, uint8_t* mask, Then then) {
  const uint64_t threshold = (uint64_t)(keep * 0x1p32 + 0.5), block = (uint64_t)(first / masks_per_block);
  const int64_t whole = n / mask_step * mask_step;
  keep_mask_blocks(s, block, whole / masks_per_block, threshold, mask, then);
  if (whole == n) return;
  uint8_t last[mask_step];
  keep_mask_blocks(s, block + (uint64_t)(whole / masks_per_block), block_step, threshold, last, [](int64_t) {});
  memcpy(mask + whole, last, (size_t)(n - whole));
}

void keep_mask(const RandomStream& s, int64_t first, int64_t n, double keep, uint8_t* mask) {
  keep_mask_then(s, first, n, keep, mask, [](int64_t) {});
}

template <class T>
void dropout(const RandomStream& s, int64_t first, int64_t n, double keep, T scale, const T* x, uint8_t* mask, T* y) {
  const int64_t whole = n / mask_step * mask_step;
  keep_mask_then(s, first, n, keep, mask,
                 [=](int64_t i) { masked_scale(x + i, mask + i, scale, y + i, mask_step); });
  masked_scale(x + whole, mask + whole, scale, y + whole, n - whole);
}

}  // namespace
}  // namespace xtape::kernels
