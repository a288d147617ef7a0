// One step of an optimizer over one parameter: a single pass over parameter, gradient and state. Every
// operation is rounded to T, as PyTorch's tensor ops do; numbers that depend on options alone are computed in
// double, rounded once. p may equal g (a gradient that is the parameter itself): each element depends on its
// own index only. What an option chooses is chosen by template parameters and factors, so that the loops have
// no branches.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace xtape::kernels {

/// x, or 0 where |x| is below `bound`. State that decays would otherwise come to rest in denormal numbers,
/// and each step over those takes fifty times as long.
template <class T>
T settle(T x, T bound) noexcept {
  return std::abs(x) < bound ? T{} : x;
}

/// The numbers of one SGD step, in the element's type.
template <class T>
struct SgdStep {
  T lr, momentum, undamped, weight_decay;
  T sign;  // of the gradient: -1 to maximize
};

template <bool decays, class T>
T gradient_with_decay(T g, T p, T sign, T weight_decay) noexcept {
  if constexpr (decays) {
    return sign * g + weight_decay * p;
  } else {
    return sign * g;  // not + 0 p, which is NaN for infinite p
  }
}

template <bool decays, class T>
void sgd(T* p, const T* g, std::int64_t n, SgdStep<T> s) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    p[i] -= s.lr * gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
  }
}

/// The first step has a buffer of zeros and undamped = 1.
template <bool decays, bool nesterov, class T>
void sgd_momentum(T* p, const T* g, T* __restrict buffer, std::int64_t n, SgdStep<T> s) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
    const T b = settle(s.momentum * buffer[i] + s.undamped * d, std::numeric_limits<T>::min());
    buffer[i] = b;
    p[i] -= s.lr * (nesterov ? d + s.momentum * b : b);
  }
}

/// The numbers of one Adam step, in the element's type.
template <class T>
struct AdamStep {
  T step_size;                   // lr / (1 - beta1^t)
  T root_scale;                  // sqrt(1 - beta2^t)
  T beta1, new_m, beta2, new_v;  // new_m = 1 - beta1, new_v = 1 - beta2
  T eps, weight_decay;
  T keep;            // of the parameter, before the step: 1, or less where the decay is decoupled
  T sign;            // of the gradient: -1 to maximize
  T settle_moments;  // smaller moments are stored as 0
  T settle_squares;  // the square of a smaller gradient counts as 0
};

/// `v_max` serves amsgrad alone. `near_m`: beta1 > 1/2; the mean is computed from whichever end is nearer, so
/// that beta1 = 0 gives the gradient itself.
template <bool decays, bool amsgrad, bool near_m, class T>
void adam(T* p, const T* g, T* __restrict m, T* __restrict v, [[maybe_unused]] T* __restrict v_max,
          std::int64_t n, AdamStep<T> s) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = gradient_with_decay<decays>(g[i], p[i], s.sign, s.weight_decay);
    const T m1 = settle(near_m ? m[i] + s.new_m * (d - m[i]) : d - (d - m[i]) * s.beta1, s.settle_moments);
    const T h = settle(d, s.settle_squares);
    const T v1 = settle(s.beta2 * v[i] + s.new_v * h * h, s.settle_moments);
    m[i] = m1;
    v[i] = v1;
    T square = v1;
    if constexpr (amsgrad) {
      const T old = v_max[i];
      square = v1 <= old || old != old ? old : v1;  // NaN wins
      v_max[i] = square;
    }
    p[i] = s.keep * p[i] - s.step_size * m1 / (std::sqrt(square) / s.root_scale + s.eps);
  }
}

}  // namespace xtape::kernels
