// Maxima of windows of floats, and their gradient for windows of 2 x 2. A row's last vector overlaps the one before it,
// which writes some elements twice, so that short rows need no loop over single elements.
#pragma once

#include <stdint.h>
#include <string.h>

#include "kernels/isa/vec.hpp"

namespace xtape::kernels {
namespace {

template <int n>
struct PoolVec {
  typedef float Floats __attribute__((vector_size(4 * n)));
  typedef int32_t Ints __attribute__((vector_size(4 * n)));
  typedef uint8_t Bytes __attribute__((vector_size(n)));
};

template <class V>
inline V load_as(const void* p) {
  V v;
  memcpy(&v, p, sizeof v);
  return v;
}

/// n bytes as integers, and back. (GCC 12 would convert one at a time.)
template <int n>
inline typename PoolVec<n>::Ints load_taps(const uint8_t* tap) {
  using Ints = typename PoolVec<n>::Ints;
#if defined(__AVX512F__)
  if constexpr (n == 16) return reinterpret_cast<Ints>(_mm512_cvtepu8_epi32(load_as<__m128i>(tap)));
#endif
#if defined(__AVX2__)
  if constexpr (n == 8) return reinterpret_cast<Ints>(_mm256_cvtepu8_epi32(_mm_loadu_si64(tap)));
#endif
#if defined(__SSE2__)
  if constexpr (n == 4) {
    const __m128i bytes = _mm_cvtsi32_si128(load_as<int32_t>(tap)), zero = _mm_setzero_si128();
    return reinterpret_cast<Ints>(_mm_unpacklo_epi16(_mm_unpacklo_epi8(bytes, zero), zero));
  }
#endif
  return __builtin_convertvector(load_as<typename PoolVec<n>::Bytes>(tap), Ints);
}
template <int n>
inline void store_taps(uint8_t* tap, typename PoolVec<n>::Ints taps) {
#if defined(__AVX512F__)
  if constexpr (n == 16) {
    const __m128i bytes = _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(taps));
    memcpy(tap, &bytes, n);
    return;
  }
#endif
#if defined(__AVX2__)
  if constexpr (n == 8) {
    const __m256i v = reinterpret_cast<__m256i>(taps);
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    memcpy(tap, &bytes, n);
    return;
  }
#endif
#if defined(__SSE2__)
  if constexpr (n == 4) {
    const __m128i v = reinterpret_cast<__m128i>(taps), words = _mm_packs_epi32(v, v);
    const __m128i bytes = _mm_packus_epi16(words, words);
    memcpy(tap, &bytes, n);
    return;
  }
#endif
  const auto bytes = __builtin_convertvector(taps, typename PoolVec<n>::Bytes);
  memcpy(tap, &bytes, sizeof bytes);
}

/// p[0], p[2], ..., p[2 n - 2]; nothing beyond is read.
template <class V, int... c>
inline V every_second(const float* p, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  const V low = load_as<V>(p), high = load_as<V>(p + n - 1);
  return __builtin_shufflevector(low, high, (c < n / 2 ? 2 * c : 2 * c + 1)...);
}

/// A row of windows, n at a time.
template <int n, int stride, bool keep>
inline void max_pool_row(const float* x, const MaxPoolRows& r, int64_t tap_rows, int64_t tap_cols, float* y,
                         uint8_t* tap) {
  using V = PoolVec<n>;
  using Floats = typename V::Floats;
  using Ints = typename V::Ints;
  const auto load = [](const float* p) {
    if constexpr (stride == 2) {
      return every_second<Floats>(p, std::make_integer_sequence<int, n>());
    } else {
      return load_as<Floats>(p);
    }
  };
  for (int64_t j = 0; j < r.cols; j += n) {
    if (j > r.cols - n) j = r.cols - n;
    const float* window = x + j * stride;
    Floats largest = load(window);
    Ints at = {};
    int32_t number = 0;
    for (int64_t a = 0; a < tap_rows; ++a) {
      for (int64_t b = 0; b < tap_cols; ++b, ++number) {
        if (number == 0) continue;
        const Floats v = load(window + a * r.row_step + b * r.col_step);
        const Ints wins = (v > largest) | (v != v);
        largest = wins ? v : largest;
        if constexpr (keep) at = wins ? Ints{} + number : at;
      }
    }
    memcpy(y + j, &largest, sizeof largest);
    if constexpr (keep) store_taps<n>(tap + j, at);
  }
}

template <int n, int stride, bool keep>
void max_pool_rows(const float* x, const MaxPoolRows& r, float* y, uint8_t* tap) {
  const bool small = stride == 2 && r.tap_rows == 2 && r.tap_cols == 2;
  for (int64_t i = 0; i < r.rows; ++i, x += r.row_stride, y += r.y_stride) {
    if (small) {
      max_pool_row<n, stride, keep>(x, r, 2, 2, y, tap);
    } else {
      max_pool_row<n, stride, keep>(x, r, r.tap_rows, r.tap_cols, y, tap);
    }
    if constexpr (keep) tap += r.y_stride;
  }
}

/// As many windows at a time as a row holds.
template <int n>
void max_pool_lanes(const float* x, const MaxPoolRows& r, float* y, uint8_t* tap) {
  if constexpr (n > 4) {
    if (r.cols < n) return max_pool_lanes<n / 2>(x, r, y, tap);
  }
  if (r.stride == 2) return tap ? max_pool_rows<n, 2, true>(x, r, y, tap) : max_pool_rows<n, 2, false>(x, r, y, tap);
  return tap ? max_pool_rows<n, 1, true>(x, r, y, tap) : max_pool_rows<n, 1, false>(x, r, y, tap);
}
void max_pool(const float* x, const MaxPoolRows& r, float* y, uint8_t* tap) {
  max_pool_lanes<lanes<float>>(x, r, y, tap);
}

/// Two rows of dx where the tap is `lane % 2` and `2 + lane % 2`.
template <class Floats, class Ints, int... c>
inline void spread_pairs(Floats g, Ints tap, float* dx, int64_t width, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  const Ints odd = {(c & 1)...};
  const auto store = [odd](Floats v, Ints t, float* to, int64_t row) {
    const Floats upper = t == odd ? v : Floats{}, lower = t == odd + 2 ? v : Floats{};
    memcpy(to, &upper, sizeof upper);
    memcpy(to + row, &lower, sizeof lower);
  };
  store(__builtin_shufflevector(g, g, (c / 2)...), __builtin_shufflevector(tap, tap, (c / 2)...), dx, width);
  store(__builtin_shufflevector(g, g, (n / 2 + c / 2)...), __builtin_shufflevector(tap, tap, (n / 2 + c / 2)...),
        dx + n, width);
}

template <int n>
void max_pool_2x2_gradient_lanes(const float* gy, const uint8_t* tap, int64_t rows, int64_t cols, int64_t width,
                                 float* dx) {
  if constexpr (n > 4) {
    if (cols < n) return max_pool_2x2_gradient_lanes<n / 2>(gy, tap, rows, cols, width, dx);
  }
  for (int64_t i = 0; i < rows; ++i, gy += cols, tap += cols, dx += 2 * width) {
    for (int64_t j = 0; j < cols; j += n) {
      if (j > cols - n) j = cols - n;
      spread_pairs(load_as<typename PoolVec<n>::Floats>(gy + j), load_taps<n>(tap + j), dx + 2 * j, width,
                   std::make_integer_sequence<int, n>());
    }
    for (int64_t j = 2 * cols; j < width; ++j) dx[j] = dx[width + j] = 0;
  }
}
void max_pool_2x2_gradient(const float* gy, const uint8_t* tap, int64_t rows, int64_t cols, int64_t width, float* dx) {
  max_pool_2x2_gradient_lanes<lanes<float>>(gy, tap, rows, cols, width, dx);
}

}  // namespace
}  // namespace xtape::kernels
