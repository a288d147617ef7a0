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

/// The first `count` elements, 0 < count < lanes<T>; nothing beyond them is touched. `load` fills the rest with `pad`.
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
  /// In fours, twos and ones: a masked store takes a dozen cycles on AMD's CPUs.
  void store(float* p, Vec<float> v) const {
    __m128 left = _mm256_castps256_ps128(v.data);
    if (count & 4) {
      _mm_storeu_ps(p, left);
      p += 4;
      left = _mm256_extractf128_ps(v.data, 1);
    }
    if (count & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), left);
      p += 2;
      left = _mm_movehl_ps(left, left);
    }
    if (count & 1) _mm_store_ss(p, left);
  }
};
template <>
struct First<double> {
  int64_t count;
  __m256i mask() const { return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3)); }
  Vec<double> load(const double* p, double pad) const {
    return _mm256_blendv_pd(_mm256_set1_pd(pad), _mm256_maskload_pd(p, mask()), _mm256_castsi256_pd(mask()));
  }
  void store(double* p, Vec<double> v) const {
    __m128d left = _mm256_castpd256_pd128(v.data);
    if (count & 2) {
      _mm_storeu_pd(p, left);
      p += 2;
      left = _mm256_extractf128_pd(v.data, 1);
    }
    if (count & 1) _mm_store_sd(p, left);
  }
};
#endif

/// f(i, part) for the vectors of n elements: part.load(x + i, pad), part.store(y + i, v).
template <class T, class F>
inline void each_vector(int64_t n, F f) {
  int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) f(i, Whole<T>{});
  if (i < n) f(i, First<T>{n - i});
}

// ---- e^x and log x -------------------------------------------------------------------------------------------------
// Not xsimd's: 8.1 fuses no products on AVX-512, passes through denormal numbers, and converts between integers and
// doubles by std::copy, whose code the linker may take from another instruction set's file.

/// a b + c, fused where the instruction set can.
template <class T>
inline Vec<T> multiply_add(Vec<T> a, Vec<T> b, Vec<T> c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    return _mm512_fmadd_ps(a.data, b.data, c.data);
  } else {
    return _mm512_fmadd_pd(a.data, b.data, c.data);
  }
#else
  return xsimd::fma(a, b, c);
#endif
}

/// c[0] x^k + ... + c[k].
template <class T, int count>
inline Vec<T> polynomial(Vec<T> x, const T (&c)[count]) {
  Vec<T> y(c[0]);
  for (int k = 1; k < count; ++k) y = multiply_add(y, x, Vec<T>(c[k]));
  return y;
}

template <class T>
struct Exp;
template <>
struct Exp<float> {
  using Bits = int32_t;
  static constexpr int mantissa = 23;
  static constexpr float to_low_bits = 0x1.8p23f + 127;
  static constexpr float lowest = -87.33f, log2_high = 0.693359375f, log2_low = -2.12194440e-4f;
  // (e^r - 1 - r) / r^2, as xsimd has it.
  static constexpr float series[] = {1.3997796e-3f, 8.3955629e-3f, 4.1665401e-2f, 0.16666277f, 0.5f};
};
template <>
struct Exp<double> {
  using Bits = int64_t;
  static constexpr int mantissa = 52;
  static constexpr double to_low_bits = 0x1.8p52 + 1023;
  static constexpr double lowest = -708.39, log2_high = 0x1.62e42feep-1, log2_low = 0x1.a39ef35793c76p-33;
  // 1/13! to 1/2!.
  static constexpr double series[] = {1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800,
                                      1. / 362880,     1. / 40320,     1. / 5040,     1. / 720,
                                      1. / 120,        1. / 24,        1. / 6,        0.5};
};

/// e^x within 2 ulp for x up to 88 (double: 709). Less than the smallest normal number becomes 0: denormal numbers
/// would take fifty times as long.
template <class T>
inline Vec<T> exponential(Vec<T> x) {
  // x = k log 2 + r, |r| <= log(2) / 2. Adding `to_low_bits` rounds x / log 2 to k and leaves k and the bias of the
  // exponent at the low end: shifted up they are the bits of 2^k.
  using E = Exp<T>;
  using Integers = Vec<typename E::Bits>;
  const Vec<T> lowest(E::lowest), to_low_bits(E::to_low_bits), one(T{1});
  const Vec<T> u = xsimd::max(lowest, x);  // in this order NaN stays NaN
  const Vec<T> shifted = multiply_add(u, Vec<T>(static_cast<T>(1.4426950408889634)), to_low_bits);
  const Vec<T> k = shifted - to_low_bits;
  const Vec<T> r = multiply_add(k, Vec<T>(-E::log2_low), multiply_add(k, Vec<T>(-E::log2_high), u));
  const Vec<T> p = one + multiply_add(polynomial(r, E::series), r * r, r);
  const Vec<T> power = xsimd::bitwise_cast<Vec<T>>(xsimd::bitwise_cast<Integers>(shifted) << E::mantissa);
  return xsimd::select(x < lowest, Vec<T>(T{}), p * power);
}

/// log x within 2 ulp for finite x >= 1; NaN of NaN.
inline Vec<double> logarithm(Vec<double> x) {
  // x = m 2^k with m in [sqrt(1/2), sqrt(2)), then log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  using Integers = Vec<int64_t>;
  const Integers bits = xsimd::bitwise_cast<Integers>(x), root(0x3FE6A09E667F3BCD), bias(0x4330000000000000);
  const Integers k = xsimd::bitwise_cast<Integers>(xsimd::bitwise_cast<Vec<uint64_t>>(bits - root) >>
                                                   52);  // a logical shift: k is not negative
  const Vec<double> m = xsimd::bitwise_cast<Vec<double>>(bits - (k << 52)), one(1.0);
  const Vec<double> exponent = xsimd::bitwise_cast<Vec<double>>(k | bias) - Vec<double>(0x1p52);
  const Vec<double> s = (m - one) / (m + one), q = s * s;
  constexpr double odd[] = {2. / 23, 2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13,
                            2. / 11, 2. / 9,  2. / 7,  2. / 5,  2. / 3};
  const Vec<double> log_m = multiply_add(polynomial(q, odd), q * s, s + s);
  return multiply_add(exponent, Vec<double>(0.69314718055994531), log_m) + (x - x);  // 0, or NaN
}

// ---- rows to columns -----------------------------------------------------------------------------------------------

/// A step of a transpose: two rows that are `half` apart swap their off-diagonal blocks of `half` lanes; these are the
/// upper and the lower one afterwards.
template <int half, class V, int... c>
inline V upper_row(V a, V b, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  return __builtin_shufflevector(a, b, (c & half ? n + c - half : c)...);
}
template <int half, class V, int... c>
inline V lower_row(V a, V b, std::integer_sequence<int, c...>) {
  constexpr int n = sizeof...(c);
  return __builtin_shufflevector(a, b, (c & half ? n + c : c + half)...);
}

/// Transposes a matrix of as many vectors as they have lanes. (std::integer_sequence comes with xsimd and is only a
/// type: it leaves no code.)
template <int half, class V, int n>
inline void transpose(V (&row)[n]) {
  constexpr auto all = std::make_integer_sequence<int, n>();
#pragma GCC unroll 16
  for (int r = 0; r < n; ++r) {
    if (r & half) continue;
    const V a = row[r], b = row[r + half];
    row[r] = upper_row<half>(a, b, all);
    row[r + half] = lower_row<half>(a, b, all);
  }
  if constexpr (half > 1) transpose<half / 2>(row);
}

template <class T>
constexpr T zeros[lanes<T>] = {};

/// column[c] = column c of `part` of the first `rows` rows, which are n apart: one lane for each row, 0 beyond.
template <class T, class Part>
inline void turn_rows(const T* x, int64_t rows, int64_t n, Part part, Vec<T>* column) {
  typename Vec<T>::register_type row[lanes<T>];
#pragma GCC unroll 16
  for (int r = 0; r < lanes<T>; ++r) {
    const T* at = r < rows ? x + r * n : zeros<T>;
    asm("" : "+r"(at));  // else GCC makes a copy of the transpose for each number of rows
    row[r] = part.load(at, T{}).data;
  }
  transpose<lanes<T> / 2>(row);
#pragma GCC unroll 16
  for (int c = 0; c < lanes<T>; ++c) column[c] = row[c];
}

// ---- reductions ----------------------------------------------------------------------------------------------------

template <class V>
constexpr int lanes_of = static_cast<int>(sizeof(V) / sizeof(V{}[0]));

template <int first, class V>
inline auto half_from(V v) {
  if constexpr (lanes_of<V> == 16) {
    return __builtin_shufflevector(v, v, first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6,
                                   first + 7);
  } else if constexpr (lanes_of<V> == 8) {
    return __builtin_shufflevector(v, v, first, first + 1, first + 2, first + 3);
  } else {
    return __builtin_shufflevector(v, v, first, first + 1);
  }
}
template <class V>
inline auto lower_half(V v) {
  return half_from<0>(v);
}
template <class V>
inline auto upper_half(V v) {
  return half_from<lanes_of<V> / 2>(v);
}

/// All lanes reduced by a commutative and associative op.
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

/// The lower and the upper half of the lanes in double. (GCC 12 would convert a few at a time.)
inline Vec<double> widened_lower(Vec<float> v) {
#if defined(__AVX512F__)
  return _mm512_cvtps_pd(lower_half(v.data));
#elif defined(__AVX2__)
  return _mm256_cvtps_pd(lower_half(v.data));
#elif defined(__SSE2__)
  return _mm_cvtps_pd(v.data);
#else
  return __builtin_convertvector(lower_half(v.data), typename Vec<double>::register_type);
#endif
}
inline Vec<double> widened_upper(Vec<float> v) {
#if defined(__AVX512F__)
  return _mm512_cvtps_pd(upper_half(v.data));
#elif defined(__AVX2__)
  return _mm256_cvtps_pd(upper_half(v.data));
#elif defined(__SSE2__)
  return _mm_cvtps_pd(_mm_movehl_ps(v.data, v.data));
#else
  return __builtin_convertvector(upper_half(v.data), typename Vec<double>::register_type);
#endif
}

/// A sum in double of vectors of T.
template <class T>
struct WideSum {
  Vec<double> sum = Vec<double>(0.0), other = sum;  // braces would take it for a list of lanes

  void add(Vec<double> v) { sum += v; }
  void add(const WideSum& s) {
    sum += s.sum;
    other += s.other;
  }
  void add(Vec<float> v) {
    sum += widened_lower(v);
    other += widened_upper(v);
  }
  /// The sum of each lane.
  void store(double* sums) const {
    sum.store_unaligned(sums);
    if constexpr (sizeof(T) == 4) other.store_unaligned(sums + lanes<double>);
  }
  double total() const {
    return fold((sum + other).data, [](auto a, auto b) { return a + b; });
  }
};

}  // namespace
}  // namespace xtape::kernels
