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

template <class T>
struct RmspropStep {
  T lr;
  T alpha, rest;   // rest = 1 - alpha
  T keep_mean;     // 1 - rest
  bool near_mean;  // alpha > 1/2: the new mean is interpolated from the old one, else from the gradient
  T eps, weight_decay, momentum;
  T sign;               // of the gradient: -1 to maximize
  T smallest_square;    // a smaller mean square is stored as 0
  T smallest_gradient;  // a smaller gradient counts as 0 in the means
  T smallest_mean;      // more than the root of smallest_square: where the square becomes 0, so does the mean
  T smallest_buffer;    // smaller magnitudes are stored as 0
};

template <class T>
struct AdagradStep {
  T lr;  // after lr_decay
  T eps, weight_decay;
  T sign;  // of the gradient: -1 to maximize
};

}  // namespace xtape::kernels
