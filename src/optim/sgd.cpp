// g = gradient, negated to maximize          g += weight_decay p
// b = g at first, then momentum b + (1 - dampening) g          nesterov: g += momentum b, else g = b
// p -= lr g
// "At first" is the parameter's own first step. Momentum as in Sutskever et al., "On the importance of initialization
// and momentum in deep learning", ICML 2013, with lr outside of b, as in PyTorch.
#include "xtape/optim/sgd.hpp"

#include <cmath>
#include <limits>

#include "kernels/isa.hpp"
#include "optim/group_optimizer.hpp"

namespace xtape::optim {

template <>
struct Rule<SGDOptions> {
  static constexpr const char* name = "SGD";
  static constexpr const char* buffers[] = {"momentum_buffer"};
  static constexpr bool counts_steps = false;

  template <class O, class F>
  static void visit(O& o, F f) {
    f("lr", o.lr);
    f("momentum", o.momentum);
    f("dampening", o.dampening);
    f("weight_decay", o.weight_decay);
    f("nesterov", o.nesterov);
    f("maximize", o.maximize);
  }

  static void check(const SGDOptions& o, std::size_t group) {
    check_not_negative(name, "lr", o.lr, group);
    check_not_negative(name, "momentum", o.momentum, group);
    check_not_negative(name, "weight_decay", o.weight_decay, group);
    if (!std::isfinite(o.dampening)) {
      fail<ValueError>(name, "dampening = {} in group {}; expected a finite number", o.dampening, group);
    }
    if (o.nesterov && (o.momentum == 0 || o.dampening != 0)) {
      fail<ValueError>(name,
                       "nesterov needs momentum > 0 and dampening = 0, got momentum = {} and dampening = {} in "
                       "group {}",
                       o.momentum, o.dampening, group);
    }
  }

  static bool uses(const SGDOptions& o, std::size_t) { return o.momentum != 0; }

  static double& momentum(SGDOptions& o) { return o.momentum; }

  template <class T>
  static void update(const SGDOptions& o, ParamState& state, T* p, const T* g, std::int64_t n) {
    const kernels::SgdStep<T> step{.lr = static_cast<T>(o.lr),
                                   .momentum = static_cast<T>(o.momentum),
                                   .undamped = static_cast<T>(state.steps == 0 ? 1 : 1 - o.dampening),
                                   .weight_decay = static_cast<T>(o.weight_decay),
                                   .sign = static_cast<T>(o.maximize ? -1 : 1),
                                   .nesterov = o.nesterov,
                                   .smallest_buffer = std::numeric_limits<T>::min()};
    T* buffer = o.momentum != 0 ? elements<T>(state.buffers[0]) : nullptr;
    parallel_chunks(n, [=, &step](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().sgd(p + i, g + i, buffer ? buffer + i : nullptr, count, step);
    });
    if (buffer) ++state.steps;
  }
};

template class GroupOptimizer<SGDOptions>;

}  // namespace xtape::optim
