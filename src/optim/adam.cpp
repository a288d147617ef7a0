// g = gradient, negated to maximize          Adam: g += weight_decay p          AdamW: p *= 1 - lr weight_decay
// m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2          u = v, amsgrad: u = max(u, v)
// p -= lr / (1 - beta1^t) m / (sqrt(u) / sqrt(1 - beta2^t) + eps)
// t counts the parameter's own steps, from 1. Kingma and Ba, "Adam: a method for stochastic optimization",
// ICLR 2015; AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; amsgrad: Reddi, Kale
// and Kumar, "On the convergence of Adam and beyond", ICLR 2018, with the maximum of the uncorrected v, as in
// PyTorch.
#include "xtape/optim/adam.hpp"

#include <cmath>
#include <limits>

#include "kernels/isa.hpp"
#include "optim/group_optimizer.hpp"

namespace xtape::optim {

/// The rule of both optimizers. `decoupled` selects AdamW's decay.
template <class Options, bool decoupled>
struct AdamRule {
  static constexpr const char* name = decoupled ? "AdamW" : "Adam";
  static constexpr const char* buffers[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  static constexpr bool counts_steps = true;

  template <class O, class F>
  static void visit(O& o, F f) {
    f("lr", o.lr);
    f("betas", o.betas);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("amsgrad", o.amsgrad);
    f("maximize", o.maximize);
  }

  static void check(const Options& o, std::size_t group) {
    check_not_negative(name, "lr", o.lr, group);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!(o.betas[i] >= 0 && o.betas[i] < 1)) {
        fail<ValueError>(name, "betas[{}] = {} in group {} is outside [0, 1)", i, o.betas[i], group);
      }
    }
    check_not_negative(name, "eps", o.eps, group);
    check_not_negative(name, "weight_decay", o.weight_decay, group);
  }

  static bool uses(const Options& o, std::size_t buffer) { return buffer < 2 || o.amsgrad; }

  static double& momentum(Options& o) { return o.betas[0]; }

  template <class T>
  static void update(const Options& o, ParamState& state, T* p, const T* g, std::int64_t n) {
    const kernels::AdamStep<T> step = constants_of_step<T>(o, ++state.steps);
    T *m = elements<T>(state.buffers[0]), *v = elements<T>(state.buffers[1]);
    T* v_max = o.amsgrad ? elements<T>(state.buffers[2]) : nullptr;
    parallel_chunks(n, [=, &step](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().adam(p + i, g + i, m + i, v + i, v_max ? v_max + i : nullptr, count, step);
    });
  }

 private:
  template <class T>
  static kernels::AdamStep<T> constants_of_step(const Options& o, std::int64_t steps) {
    const auto t = static_cast<double>(steps);
    const double new_m = 1 - o.betas[0], new_v = 1 - o.betas[1];
    // With a usual eps, moments this small have no effect. With an eps so small that they could have one, they are
    // kept.
    const double tiny = o.eps >= 1e-10 ? static_cast<double>(std::numeric_limits<T>::min()) : 0;
    const double r = std::sqrt(1 - std::pow(o.betas[1], t));
    return {.step_size = static_cast<T>(o.lr * r / (1 - std::pow(o.betas[0], t))),
            .beta1 = T(1) - static_cast<T>(new_m),
            .new_m = static_cast<T>(new_m),
            .beta2 = static_cast<T>(o.betas[1]),
            .new_v = static_cast<T>(new_v),
            .near_m = new_m < 0.5,
            .eps = static_cast<T>(o.eps * r),
            .weight_decay = static_cast<T>(decoupled ? 0 : o.weight_decay),
            .keep = static_cast<T>(decoupled ? 1 - o.lr * o.weight_decay : 1),
            .sign = static_cast<T>(o.maximize ? -1 : 1),
            .smallest_moment = static_cast<T>(tiny),
            .smallest_gradient = static_cast<T>(std::sqrt(tiny / new_v))};
  }
};

template <>
struct Rule<AdamOptions> : AdamRule<AdamOptions, false> {};
template <>
struct Rule<AdamWOptions> : AdamRule<AdamWOptions, true> {};

template class GroupOptimizer<AdamOptions>;
template class GroupOptimizer<AdamWOptions>;

}  // namespace xtape::optim
