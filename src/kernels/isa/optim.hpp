// One step of an optimizer over one parameter: a single pass over parameter, gradient and state. Every operation is
// rounded to T, as PyTorch's tensor ops do. p may equal g (a gradient that is the parameter itself): each element
// depends on its own index only. Options are template parameters: a loop over whole vectors is short, so each
// combination of options has one of its own, without branches.
#pragma once

#include <stdint.h>

#include "kernels/isa/vec.hpp"
#include "kernels/optim.hpp"

namespace xtape::kernels {
namespace {

/// A step over n elements, a multiple of lanes<T>. `state` holds the optimizer's other arrays.
template <class T, class Step>
using Pass = void (*)(T* p, const T* g, T* const* state, int64_t n, const Step& step);

template <class T>
inline Vec<T> vector_at(const T* x) {
  return Vec<T>::load_unaligned(x);
}

// Rounded, which xsimd's quotients and roots of floats are not on ARM.
template <class T>
inline Vec<T> quotient(Vec<T> a, Vec<T> b) {
  return a.data / b.data;
}
template <class T>
inline Vec<T> square_root(Vec<T> x) {
  return xsimd::sqrt(x);
}
#if defined(__aarch64__)
inline Vec<float> square_root(Vec<float> x) { return vsqrtq_f32(x.data); }
#endif

/// x, or 0 where |x| is below `bound`. Without it, decaying state becomes denormal, and a step over denormal numbers
/// takes fifty times as long.
template <class T>
inline Vec<T> flush_below(Vec<T> x, T bound) {
  return xsimd::abs(x).data < Vec<T>(bound).data ? Vec<T>(T{}).data : x.data;
}

/// The gradient to descend.
template <bool decays, class T, class Step>
inline Vec<T> gradient_with_decay(Vec<T> g, Vec<T> p, const Step& s) {
  if constexpr (decays) {
    return s.sign * g + s.weight_decay * p;
  } else {
    return s.sign * g;  // not + 0 p, which is NaN for infinite p
  }
}

/// keep m + rest d, where keep + rest = 1. It is computed as a step from m if keep is more than 1/2, else as one from
/// d, so that keep = 0 gives d itself.
template <bool near_m, class T>
inline Vec<T> moved_mean(Vec<T> m, Vec<T> d, T keep, T rest) {
  return near_m ? m + rest * (d - m) : d - keep * (d - m);
}

template <bool decays, class T>
void sgd_plain(T* p, const T* g, T* const*, int64_t n, const SgdStep<T>& step) {
  const SgdStep<T> s = step;  // a copy: for all the compiler knows, a store to p could change the original
  for (int64_t i = 0; i < n; i += lanes<T>) {
    const Vec<T> x = vector_at(p + i), d = gradient_with_decay<decays>(vector_at(g + i), x, s);
    (x - s.lr * d).store_unaligned(p + i);
  }
}

/// The first step has a buffer of zeros and undamped = 1.
template <bool decays, bool nesterov, class T>
void sgd_momentum(T* p, const T* g, T* const* state, int64_t n, const SgdStep<T>& step) {
  const SgdStep<T> s = step;
  T* buffer = state[0];
  for (int64_t i = 0; i < n; i += lanes<T>) {
    const Vec<T> x = vector_at(p + i), d = gradient_with_decay<decays>(vector_at(g + i), x, s);
    const Vec<T> b = flush_below(s.momentum * vector_at(buffer + i) + s.undamped * d, s.smallest_buffer);
    b.store_unaligned(buffer + i);
    (x - s.lr * (nesterov ? d + s.momentum * b : b)).store_unaligned(p + i);
  }
}

template <bool decays, bool amsgrad, bool near_m, class T>
void adam_pass(T* p, const T* g, T* const* state, int64_t n, const AdamStep<T>& step) {
  const AdamStep<T> s = step;
  T *m = state[0], *v = state[1], *v_max = state[2];
  for (int64_t i = 0; i < n; i += lanes<T>) {
    const Vec<T> x = vector_at(p + i), d = gradient_with_decay<decays>(vector_at(g + i), x, s);
    const Vec<T> m1 = flush_below(moved_mean<near_m>(vector_at(m + i), d, s.beta1, s.new_m), s.smallest_moment);
    const Vec<T> h = flush_below(d, s.smallest_gradient);
    const Vec<T> v1 = flush_below(s.beta2 * vector_at(v + i) + s.new_v * h * h, s.smallest_moment);
    m1.store_unaligned(m + i);
    v1.store_unaligned(v + i);
    Vec<T> square = v1;
    if constexpr (amsgrad) {
      const Vec<T> old = vector_at(v_max + i);
      square = xsimd::select(v1 <= old || xsimd::isnan(old), old, v1);  // NaN wins
      square.store_unaligned(v_max + i);
    }
    (s.keep * x - quotient(s.step_size * m1, square_root(square) + s.eps)).store_unaligned(p + i);
  }
}

/// Both means leave out the same small gradients, so that the variance is not negative.
template <bool decays, bool has_momentum, bool centered, bool near_mean, class T>
void rmsprop_pass(T* p, const T* g, T* const* state, int64_t n, const RmspropStep<T>& step) {
  const RmspropStep<T> s = step;
  T *v = state[0], *m = state[1], *buffer = state[2];
  for (int64_t i = 0; i < n; i += lanes<T>) {
    const Vec<T> x = vector_at(p + i), d = gradient_with_decay<decays>(vector_at(g + i), x, s);
    const Vec<T> h = flush_below(d, s.smallest_gradient);
    Vec<T> square = s.alpha * vector_at(v + i) + s.rest * h * h;
    flush_below(square, s.smallest_square).store_unaligned(v + i);
    if constexpr (centered) {
      const Vec<T> m1 = moved_mean<near_mean>(vector_at(m + i), h, s.keep_mean, s.rest);
      flush_below(m1, s.smallest_mean).store_unaligned(m + i);
      square -= m1 * m1;
    }
    const Vec<T> divisor = square_root(square) + s.eps;
    if constexpr (has_momentum) {
      const Vec<T> b = flush_below(s.momentum * vector_at(buffer + i) + quotient(d, divisor), s.smallest_buffer);
      b.store_unaligned(buffer + i);
      (x - s.lr * b).store_unaligned(p + i);
    } else {
      (x - quotient(s.lr * d, divisor)).store_unaligned(p + i);
    }
  }
}

/// Without flush_below: the sum never decays, so it is denormal only where the gradients' squares are, and these count.
template <bool decays, class T>
void adagrad_pass(T* p, const T* g, T* const* state, int64_t n, const AdagradStep<T>& step) {
  const AdagradStep<T> s = step;
  T* sum = state[0];
  for (int64_t i = 0; i < n; i += lanes<T>) {
    const Vec<T> x = vector_at(p + i), d = gradient_with_decay<decays>(vector_at(g + i), x, s);
    const Vec<T> total = vector_at(sum + i) + d * d;
    total.store_unaligned(sum + i);
    (x - quotient(s.lr * d, square_root(total) + s.eps)).store_unaligned(p + i);
  }
}

/// Copies between an array and a vector in memory. Not inline: they run once a step.
template <class T>
[[gnu::noinline]] void load_first(First<T> part, const T* array, T* vector) {
  part.load(array, T{}).store_unaligned(vector);
}
template <class T>
[[gnu::noinline]] void store_first(First<T> part, const T* vector, T* array) {
  part.store(array, vector_at(vector));
}

/// A step over all n elements. Those after the last whole vector are copied to vectors of their own, and back.
template <class T, class Step>
void run_pass(Pass<T, Step> pass, T* p, const T* g, T* const (&state)[3], int64_t n, const Step& step) {
  const int64_t left = n % lanes<T>, whole = n - left;
  if (whole > 0) pass(p, g, state, whole, step);
  if (left == 0) return;
  const First<T> part{left};
  alignas(Vec<T>) T last_p[lanes<T>], last_g[lanes<T>], last[3][lanes<T>];
  T* const last_state[] = {last[0], last[1], last[2]};
  load_first(part, p + whole, last_p);
  load_first(part, g + whole, last_g);
  for (int k = 0; k < 3; ++k) {
    if (state[k]) load_first(part, state[k] + whole, last[k]);
  }
  pass(last_p, last_g, last_state, lanes<T>, step);
  store_first(part, last_p, p + whole);
  for (int k = 0; k < 3; ++k) {
    if (state[k]) store_first(part, last[k], state[k] + whole);
  }
}

/// f.operator()<flag>(), for a flag that is known at run time only.
template <class F>
inline auto with_flag(bool flag, F f) {
  return flag ? f.template operator()<true>() : f.template operator()<false>();
}

template <class T>
void sgd(T* p, const T* g, T* buffer, int64_t n, const SgdStep<T>& s) {
  const auto pass = with_flag(s.weight_decay != 0, [buffer, &s]<bool decays>() {
    if (!buffer) return sgd_plain<decays, T>;
    return with_flag(s.nesterov, []<bool nesterov>() { return sgd_momentum<decays, nesterov, T>; });
  });
  run_pass<T, SgdStep<T>>(pass, p, g, {buffer}, n, s);
}

template <class T>
void adam(T* p, const T* g, T* m, T* v, T* v_max, int64_t n, const AdamStep<T>& s) {
  const auto pass = with_flag(s.weight_decay != 0, [v_max, &s]<bool decays>() {
    return with_flag(v_max != nullptr, [&s]<bool amsgrad>() {
      return with_flag(s.near_m, []<bool near_m>() { return adam_pass<decays, amsgrad, near_m, T>; });
    });
  });
  run_pass<T, AdamStep<T>>(pass, p, g, {m, v, v_max}, n, s);
}

template <class T>
void rmsprop(T* p, const T* g, T* v, T* m, T* buffer, int64_t n, const RmspropStep<T>& s) {
  const auto pass = with_flag(s.weight_decay != 0, [m, buffer, &s]<bool decays>() {
    return with_flag(buffer != nullptr, [m, &s]<bool has_momentum>() {
      if (!m) return rmsprop_pass<decays, has_momentum, false, true, T>;
      return with_flag(s.near_mean, []<bool near>() { return rmsprop_pass<decays, has_momentum, true, near, T>; });
    });
  });
  run_pass<T, RmspropStep<T>>(pass, p, g, {v, m, buffer}, n, s);
}

template <class T>
void adagrad(T* p, const T* g, T* sum, int64_t n, const AdagradStep<T>& s) {
  const auto pass = with_flag(s.weight_decay != 0, []<bool decays>() { return adagrad_pass<decays, T>; });
  run_pass<T, AdagradStep<T>>(pass, p, g, {sum}, n, s);
}

}  // namespace
}  // namespace xtape::kernels
