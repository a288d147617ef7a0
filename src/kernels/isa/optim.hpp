// One step of an optimizer over one parameter: a single pass over parameter, gradient and state. Every operation is
// rounded to T, as PyTorch's tensor ops do. p may equal g (a gradient that is the parameter itself): each element
// depends on its own index only. Options become template parameters, factors and selections, so that the loops have no
// branches and are vectorized.
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

/// Every number is at least this, or none: for a choice between numbers that is the same for all elements, which GCC
/// vectorizes as a comparison only. (NaN is not, but then either choice gives NaN.)
template <class T>
T if_each(bool chosen) {
  return static_cast<T>(chosen ? -__builtin_inf() : __builtin_nan(""));
}

constexpr int64_t optim_block = 256;

/// d[i] = the gradient with decay.
template <class T>
[[gnu::noinline]] void decayed_gradients(const T* p, const T* g, T* __restrict d, int64_t n, T sign, T weight_decay) {
  for (int64_t i = 0; i < n; ++i) d[i] = sign * g[i] + weight_decay * p[i];
}

/// pass(i, d, count, sign) for the gradients sign d of elements from i on: all at once, or with decay in blocks that
/// stay in the L1 cache. One loop for each option: a loop for each combination would be several times the code.
template <class T, class Step, class Pass>
[[gnu::always_inline]] inline void each_decayed(const T* p, const T* g, int64_t n, const Step& s, Pass pass) {
  if (s.weight_decay == 0) return pass(0, g, n, s.sign);  // not + 0 p, which is NaN for infinite p
  T d[optim_block];
  for (int64_t i = 0; i < n; i += optim_block) {
    const int64_t count = n - i < optim_block ? n - i : optim_block;
    decayed_gradients(p + i, g + i, d, count, s.sign, s.weight_decay);
    pass(i, d, count, T{1});
  }
}

template <class T>
[[gnu::noinline]] void sgd_plain(T* p, const T* g, int64_t n, T sign, T lr) {
  for (int64_t i = 0; i < n; ++i) p[i] -= lr * (sign * g[i]);
}

/// The first step has a buffer of zeros and undamped = 1.
template <bool nesterov, class T>
[[gnu::noinline]] void sgd_momentum(T* p, const T* g, T* __restrict buffer, int64_t n, T sign, SgdStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T d = sign * g[i];
    const T b = flush_below(s.momentum * buffer[i] + s.undamped * d, s.smallest_buffer);
    buffer[i] = b;
    p[i] -= s.lr * (nesterov ? d + s.momentum * b : b);
  }
}

template <class T>
void sgd(T* p, const T* g, T* buffer, int64_t n, const SgdStep<T>& s) {
  each_decayed(p, g, n, s, [p, buffer, &s](int64_t i, const T* d, int64_t count, T sign) {
    if (!buffer) return sgd_plain(p + i, d, count, sign, s.lr);
    (s.nesterov ? sgd_momentum<true, T> : sgd_momentum<false, T>)(p + i, d, buffer + i, count, sign, s);
  });
}

template <bool amsgrad, class T>
[[gnu::noinline]] void adam_pass(T* p, const T* g, T* __restrict m, T* __restrict v,
                                 [[maybe_unused]] T* __restrict v_max, int64_t n, T sign, AdamStep<T> s) {
  const T always = if_each<T>(s.near_m), part = s.near_m ? s.new_m : -s.beta1;
  for (int64_t i = 0; i < n; ++i) {
    const T d = sign * g[i], old_m = m[i];
    const T m1 = flush_below((old_m >= always ? old_m : d) + part * (d - old_m), s.smallest_moment);
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
  each_decayed(p, g, n, s, [p, m, v, v_max, &s](int64_t i, const T* d, int64_t count, T sign) {
    if (!v_max) return adam_pass<false>(p + i, d, m + i, v + i, v_max, count, sign, s);
    adam_pass<true>(p + i, d, m + i, v + i, v_max + i, count, sign, s);
  });
}

/// Both means leave out the same small gradients, so that the variance is not negative. GCC does not vectorize the loop
/// if the divisor comes from the flushed means.
template <bool centered, class T>
[[gnu::noinline]] void rmsprop_divisors(const T* d, T* __restrict v, [[maybe_unused]] T* __restrict m,
                                        T* __restrict divisor, int64_t n, T sign, RmspropStep<T> s) {
  const T always = if_each<T>(s.near_mean), part = s.near_mean ? s.rest : -s.keep_mean;
  for (int64_t i = 0; i < n; ++i) {
    const T h = flush_below(sign * d[i], s.smallest_gradient);
    T square = s.alpha * v[i] + s.rest * h * h;
    v[i] = flush_below(square, s.smallest_square);
    if constexpr (centered) {
      const T m1 = (m[i] >= always ? m[i] : h) + part * (h - m[i]);
      m[i] = flush_below(m1, s.smallest_mean);
      square -= m1 * m1;
    }
    divisor[i] = square_root(square) + s.eps;
  }
}

template <bool has_momentum, class T>
[[gnu::noinline]] void rmsprop_move(T* p, const T* d, const T* __restrict divisor,
                                    [[maybe_unused]] T* __restrict buffer, int64_t n, T sign, RmspropStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (has_momentum) {
      const T b = flush_below(s.momentum * buffer[i] + sign * d[i] / divisor[i], s.smallest_buffer);
      buffer[i] = b;
      p[i] -= s.lr * b;
    } else {
      p[i] -= s.lr * (sign * d[i]) / divisor[i];
    }
  }
}

template <class T>
void rmsprop(T* p, const T* g, T* v, T* m, T* buffer, int64_t n, const RmspropStep<T>& s) {
  each_decayed(p, g, n, s, [p, v, m, buffer, &s](int64_t first, const T* d, int64_t count, T sign) {
    T divisor[optim_block];
    for (int64_t j = 0; j < count; j += optim_block) {
      const int64_t i = first + j, some = count - j < optim_block ? count - j : optim_block;
      if (m) {
        rmsprop_divisors<true>(d + j, v + i, m + i, divisor, some, sign, s);
      } else {
        rmsprop_divisors<false>(d + j, v + i, m, divisor, some, sign, s);
      }
      if (buffer) {
        rmsprop_move<true>(p + i, d + j, divisor, buffer + i, some, sign, s);
      } else {
        rmsprop_move<false>(p + i, d + j, divisor, buffer, some, sign, s);
      }
    }
  });
}

/// Nothing decays here: only a gradient whose square is denormal brings denormal numbers in, and it has its effect.
template <class T>
[[gnu::noinline]] void adagrad_pass(T* p, const T* g, T* __restrict sum, int64_t n, T sign, AdagradStep<T> s) {
  for (int64_t i = 0; i < n; ++i) {
    const T d = sign * g[i];
    const T total = sum[i] + d * d;
    sum[i] = total;
    p[i] -= s.lr * d / (square_root(total) + s.eps);
  }
}

template <class T>
void adagrad(T* p, const T* g, T* sum, int64_t n, const AdagradStep<T>& s) {
  each_decayed(p, g, n, s, [p, sum, &s](int64_t i, const T* d, int64_t count, T sign) {
    adagrad_pass(p + i, d, sum + i, count, sign, s);
  });
}

}  // namespace
}  // namespace xtape::kernels
