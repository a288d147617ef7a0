// Vectors of the instruction set that this file is compiled for: xsimd's batches, and what they lack: the ends of
// arrays, sums in double, the largest lane.
#pragma once

#include <stdint.h>

#include <xsimd/xsimd.hpp>

namespace xtape::kernels {
namespace {

#if defined(__AVX512F__)
using Arch = xsimd::avx512bw;
#elif defined(__AVX2__)
using Arch = xsimd::fma3<xsimd::avx2>;
#elif defined(__SSE2__)
using Arch = xsimd::sse2;
#else
using Arch = xsimd::default_arch;
#endif

template <class T>
using Vec = xsimd::batch<T, Arch>;
template <class T>
constexpr int lanes = static_cast<int>(Vec<T>::size);

template <class T>
constexpr T infinity = static_cast<T>(__builtin_inf());

/// lanes<T> elements of an array.
template <class T>
struct Whole {
  Vec<T> load(const T* p, T) const { return Vec<T>::load_unaligned(p); }
  void store(T* p, Vec<T> v) const { v.store_unaligned(p); }
};

/// The first `count` elements, 0 < count < lanes<T>; nothing behind them is touched. `load` has `pad` in their place.
template <class T>
struct First {
  int64_t count;
  Vec<T> load(const T* p, T pad) const {
    T padded[lanes<T>];
    for (int j = 0; j < lanes<T>; ++j) padded[j] = j < count ? p[j] : pad;
    return Vec<T>::load_unaligned(padded);
  }
  void store(T* p, Vec<T> v) const {
    T all[lanes<T>];
    v.store_unaligned(all);
    for (int j = 0; j < count; ++j) p[j] = all[j];
  }
};

#if defined(__AVX512F__)
template <>
struct First<float> {
  int64_t count;
  __mmask16 mask() const { return static_cast<__mmask16>((1u << count) - 1); }
  Vec<float> load(const float* p, float pad) const { return _mm512_mask_loadu_ps(_mm512_set1_ps(pad), mask(), p); }
  void store(float* p, Vec<float> v) const { _mm512_mask_storeu_ps(p, mask(), v.data); }
};
template <>
struct First<double> {
  int64_t count;
  __mmask8 mask() const { return static_cast<__mmask8>((1u << count) - 1); }
  Vec<double> load(const double* p, double pad) const { return _mm512_mask_loadu_pd(_mm512_set1_pd(pad), mask(), p); }
  void store(double* p, Vec<double> v) const { _mm512_mask_storeu_pd(p, mask(), v.data); }
};
#elif defined(__AVX2__)
template <>
struct First<float> {
  int64_t count;
  __m256i mask() const {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  Vec<float> load(const float* p, float pad) const {
    return _mm256_blendv_ps(_mm256_set1_ps(pad), _mm256_maskload_ps(p, mask()), _mm256_castsi256_ps(mask()));
  }
  void store(float* p, Vec<float> v) const { _mm256_maskstore_ps(p, mask(), v.data); }
};
template <>
struct First<double> {
  int64_t count;
  __m256i mask() const { return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3)); }
  Vec<double> load(const double* p, double pad) const {
    return _mm256_blendv_pd(_mm256_set1_pd(pad), _mm256_maskload_pd(p, mask()), _mm256_castsi256_pd(mask()));
  }
  void store(double* p, Vec<double> v) const { _mm256_maskstore_pd(p, mask(), v.data); }
};
#endif

/// f(i, part) for the vectors of n elements: part.load(x + i, pad), part.store(y + i, v).
template <class T, class F>
inline void each_vector(int64_t n, F f) {
  int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) f(i, Whole<T>{});
  if (i < n) f(i, First<T>{n - i});
}

// ---- e^x ---------------------------------------------------------------------------------------------------------

/// a b + c, fused where the instruction set can (xsimd 8.1 does so on AVX2 alone).
inline Vec<float> multiply_add(Vec<float> a, Vec<float> b, Vec<float> c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a.data, b.data, c.data);
#else
  return xsimd::fma(a, b, c);
#endif
}

/// e^x within 2 ulp for x up to 88 (double: 709). Where that is less than a normal number it is 0: denormal numbers
/// would take fifty times as long.
inline Vec<float> exponential(Vec<float> x) {
  // x = k log 2 + r, |r| <= log(2) / 2; the coefficients are xsimd's. Adding `to_low_bits` rounds x / log 2 to k and
  // leaves k + 127, the exponent's bits of 2^k, at the low end.
  const Vec<float> lowest(-87.33f), to_low_bits(0x1.8p23f + 127), one(1.0f);
  const Vec<float> u = xsimd::max(lowest, x);  // in this order NaN stays NaN
  const Vec<float> shifted = multiply_add(u, Vec<float>(1.44269504f), to_low_bits), k = shifted - to_low_bits;
  Vec<float> r = multiply_add(k, Vec<float>(-0.693359375f), u);
  r = multiply_add(k, Vec<float>(2.12194440e-4f), r);
  Vec<float> p(1.3997796e-3f);
  for (float c : {8.3955629e-3f, 4.1665401e-2f, 0.16666277f, 0.5f}) p = multiply_add(p, r, Vec<float>(c));
  p = one + multiply_add(p, r * r, r);
  const auto power = xsimd::bitwise_cast<Vec<float>>(xsimd::bitwise_cast<Vec<int32_t>>(shifted) << 23);
  return xsimd::select(x < lowest, Vec<float>(0.0f), p * power);
}
inline Vec<double> exponential(Vec<double> x) {
  const Vec<double> lowest(-708.39);
  return xsimd::select(x < lowest, Vec<double>(0.0), xsimd::exp(xsimd::max(lowest, x)));
}

// ---- from many lanes to few ------------------------------------------------------------------------------------

template <class V>
constexpr int lanes_of = static_cast<int>(sizeof(V) / sizeof(V{}[0]));

template <class V>
inline auto lower_half(V v) {
  if constexpr (lanes_of<V> == 16) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  } else if constexpr (lanes_of<V> == 8) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3);
  } else {
    return __builtin_shufflevector(v, v, 0, 1);
  }
}
template <class V>
inline auto upper_half(V v) {
  if constexpr (lanes_of<V> == 16) {
    return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  } else if constexpr (lanes_of<V> == 8) {
    return __builtin_shufflevector(v, v, 4, 5, 6, 7);
  } else {
    return __builtin_shufflevector(v, v, 2, 3);
  }
}

/// All lanes joined by a commutative and associative op.
template <class V, class Op>
inline auto fold(V v, Op op) {
  if constexpr (lanes_of<V> == 2) {
    return op(v[0], v[1]);
  } else {
    return fold(op(lower_half(v), upper_half(v)), op);
  }
}

template <class T>
inline T largest_lane(Vec<T> v) {
  return fold(v.data, [](auto a, auto b) { return a > b ? a : b; });
}

using Doubles = typename Vec<double>::register_type;
template <class V>
inline Doubles widened(V half) {
#if defined(__AVX512F__)
  return _mm512_cvtps_pd(half);  // which GCC 12 would do in four steps
#else
  return __builtin_convertvector(half, Doubles);
#endif
}

/// A sum in double of vectors of T.
template <class T>
struct WideSum {
  Vec<double> sum = Vec<double>(0.0), other = sum;  // in braces a batch would take a list

  void add(Vec<double> v) { sum += v; }
  void add(Vec<float> v) {
    sum += Vec<double>(widened(lower_half(v.data)));
    other += Vec<double>(widened(upper_half(v.data)));
  }
  double total() const {
    return fold((sum + other).data, [](auto a, auto b) { return a + b; });
  }
};

}  // namespace
}  // namespace xtape::kernels
