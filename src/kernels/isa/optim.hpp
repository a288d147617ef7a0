// One step of an optimizer over one parameter: a single pass over parameter, gradient and state. Every operation is
// rounded to T, as PyTorch's tensor ops do. p may equal g (a gradient that is the parameter itself): each element
// depends on its own index only. Options become template parameters and factors, so that the loops have no branches and
// are vectorized.
#pragma once

#include <stdint.h>

#include "kernels/optim.hpp"

namespace xtape::kernels {
namespace {

float square_root(float x) { return __builtin_sqrtf(x); }
double square_root(double x) { return __builtin_sqrt(x); }
float magnitude(float x) { return __builtin_fabsf(x); }
double magnitude(double x) { return __builtin_fabs(x); }

/// x, or 0 where |x| is below `bound`. Without it, decaying state becomes denormal, and a step over denormal numbers
/// takes fifty times as long.
template <class T>
T flush_below(T x, T bound) {
  return magnitude(x) < bound ? T{} : x;
}

template <bool decays, class T>
T gradient_with_decay(T g, T p, T sign, T weight_decay) {
  if constexpr (decays) {
    return sign * g + weight_decay * p;
  } else {
    return sign * g;  // not + 0 p, which is NaN for infinite p
  }
}

/// f.operator()<flag>().
template <class F>
void with_flag(bool flag, F f) {
  if (flag) {
    f.template operator()<true>();
  } else {
    f.template operator()<false>();
  }
}

template <bool decays, class T>
void sgd_plain(T* p, const T* g, int64_t n, SgdStep<T> s) {
  for (int64_t i = 0; i < n; ++i) p[i] -= s.lr * gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
}

/// The first step has a buffer of zeros and undamped = 1.
template <bool decays, bool nesterov, class T>
void sgd_momentum(T* p, const T* g, T* __restrict buffer, int64_t n, SgdStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T d = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
    const T b = flush_below(s.momentum * buffer[i] + s.undamped * d, s.smallest_buffer);
    buffer[i] = b;
    p[i] -= s.lr * (nesterov ? d + s.momentum * b : b);
  }
}

template <class T>
void sgd(T* p, const T* g, T* buffer, int64_t n, const SgdStep<T>& s) {
  with_flag(s.weight_decay != 0, [=]<bool decays>() {
    if (!buffer) return sgd_plain<decays>(p, g, n, s);
    with_flag(s.nesterov, [=]<bool nesterov>() { sgd_momentum<decays, nesterov>(p, g, buffer, n, s); });
  });
}

template <bool decays, bool amsgrad, bool near_m, class T>
void adam_pass(T* p, const T* g, T* __restrict m, T* __restrict v, [[maybe_unused]] T* __restrict v_max, int64_t n,
               AdamStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T d = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
    const T m1 = flush_below(near_m ? m[i] + s.new_m * (d - m[i]) : d - (d - m[i]) * s.beta1, s.smallest_moment);
    const T h = flush_below(d, s.smallest_gradient);
    const T v1 = flush_below(s.beta2 * v[i] + s.new_v * h * h, s.smallest_moment);
    m[i] = m1;
    v[i] = v1;
    T square = v1;
    if constexpr (amsgrad) {
      const T old = v_max[i];
      square = v1 <= old || old != old ? old : v1;  // NaN wins
      v_max[i] = square;
    }
    p[i] = s.keep * p[i] - s.step_size * m1 / (square_root(square) + s.eps);
  }
}

template <class T>
void adam(T* p, const T* g, T* m, T* v, T* v_max, int64_t n, const AdamStep<T>& s) {
  with_flag(s.weight_decay != 0, [=]<bool decays>() {
    with_flag(v_max, [=]<bool amsgrad>() {
      with_flag(s.near_m, [=]<bool near_m>() { adam_pass<decays, amsgrad, near_m>(p, g, m, v, v_max, n, s); });
    });
  });
}

/// d[i] = the gradient with decay.
template <bool decays, class T>
void decayed_gradients(const T* p, const T* g, T* __restrict d, int64_t n, RmspropStep<T> s) {
  for (int64_t i = 0; i < n; ++i) d[i] = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
}

/// Both means leave out the same small gradients, so that the variance is not negative. GCC does not vectorize the loop
/// if the divisor comes from the flushed means.
template <bool centered, bool near_mean, class T>
void rmsprop_divisors(const T* d, T* __restrict v, [[maybe_unused]] T* __restrict m, T* __restrict divisor, int64_t n,
                      RmspropStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T h = flush_below(d[i], s.smallest_gradient);
    T square = s.alpha * v[i] + s.rest * h * h;
    v[i] = flush_below(square, s.smallest_square);
    if constexpr (centered) {
      const T m1 = near_mean ? m[i] + s.rest * (h - m[i]) : h - (h - m[i]) * s.keep_mean;
      m[i] = flush_below(m1, s.smallest_mean);
      square -= m1 * m1;
    }
    divisor[i] = square_root(square) + s.eps;
  }
}

template <bool has_momentum, class T>
void rmsprop_move(T* __restrict p, const T* d, const T* divisor, [[maybe_unused]] T* __restrict buffer, int64_t n,
                  RmspropStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (has_momentum) {
      const T b = flush_below(s.momentum * buffer[i] + d[i] / divisor[i], s.smallest_buffer);
      buffer[i] = b;
      p[i] -= s.lr * b;
    } else {
      p[i] -= s.lr * d[i] / divisor[i];
    }
  }
}

/// In blocks that stay in the L1 cache, with a loop for each option: one for each combination would be four times the
/// code.
template <class T>
void rmsprop(T* p, const T* g, T* v, T* m, T* buffer, int64_t n, const RmspropStep<T>& s) {
  constexpr int64_t block = 256;
  T d[block], divisor[block];
  for (int64_t i = 0; i < n; i += block) {
    const int64_t count = n - i < block ? n - i : block;
    with_flag(s.weight_decay != 0, [&]<bool decays>() { decayed_gradients<decays>(p + i, g + i, d, count, s); });
    if (!m) {
      rmsprop_divisors<false, true>(d, v + i, m, divisor, count, s);
    } else {
      with_flag(s.near_mean,
                [&]<bool near_mean>() { rmsprop_divisors<true, near_mean>(d, v + i, m + i, divisor, count, s); });
    }
    with_flag(buffer, [&]<bool has_momentum>() {
      rmsprop_move<has_momentum>(p + i, d, divisor, has_momentum ? buffer + i : buffer, count, s);
    });
  }
}

/// Nothing decays here: only a gradient whose square is denormal brings denormal numbers in, and it has its effect.
template <bool decays, class T>
void adagrad_pass(T* p, const T* g, T* __restrict sum, int64_t n, AdagradStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T d = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
    const T total = sum[i] + d * d;
    sum[i] = total;
    p[i] -= s.lr * d / (square_root(total) + s.eps);
  }
}

template <class T>
void adagrad(T* p, const T* g, T* sum, int64_t n, const AdagradStep<T>& s) {
  with_flag(s.weight_decay != 0, [=]<bool decays>() { adagrad_pass<decays>(p, g, sum, n, s); });
}

}  // namespace
}  // namespace xtape::kernels
