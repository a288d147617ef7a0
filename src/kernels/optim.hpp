// The constants of one step of an optimizer, in the element's type, each computed in double from the options and
// rounded once. The steps themselves are in isa/optim.hpp.
#pragma once

namespace xtape::kernels {

template <class T>
struct SgdStep {
  T lr, momentum, undamped, weight_decay;  // undamped = 1 - dampening
  T sign;                                  // of the gradient: -1 to maximize
  bool nesterov;
  T smallest_buffer;  // smaller magnitudes are stored as 0
};

template <class T>
struct AdamStep {
  T step_size;                   // lr r / (1 - beta1^t), r = sqrt(1 - beta2^t)
  T beta1, new_m, beta2, new_v;  // new_m = 1 - beta1, new_v = 1 - beta2
  bool near_m;  // beta1 > 1/2: m1 is interpolated from m, else from g, so that beta1 = 0 gives g itself
  T eps;        // times r: r m1 / (sqrt(v1) + r eps) is m1 / (sqrt(v1) / r + eps) with one division
  T weight_decay;
  T keep;               // factor of the parameter before the step: 1, or less with decoupled weight decay
  T sign;               // of the gradient: -1 to maximize
  T smallest_moment;    // smaller moments are stored as 0
  T smallest_gradient;  // the square of a smaller gradient counts as 0
};

}  // namespace xtape::kernels
