// g = gradient, negated to maximize          g += weight_decay p
// s += g^2          p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
// t counts the parameter's own steps, from 1; s starts at initial_accumulator_value. Duchi, Hazan and Singer, "Adaptive
// subgradient methods for online learning and stochastic optimization", JMLR 12, 2011.
#include "xtape/optim/adagrad.hpp"

#include "kernels/isa.hpp"
#include "optim/group_optimizer.hpp"

namespace xtape::optim {

template <>
struct Rule<AdagradOptions> {
  static constexpr const char* name = "Adagrad";
  static constexpr const char* buffers[] = {"sum"};
  static constexpr bool counts_steps = true;

  template <class O, class F>
  static void visit(O& o, F f) {
    f("lr", o.lr);
    f("lr_decay", o.lr_decay);
    f("weight_decay", o.weight_decay);
    f("initial_accumulator_value", o.initial_accumulator_value);
    f("eps", o.eps);
    f("maximize", o.maximize);
  }

  static void check(const AdagradOptions& o, std::size_t group) {
    check_not_negative(name, "lr", o.lr, group);
    check_not_negative(name, "lr_decay", o.lr_decay, group);
    check_not_negative(name, "weight_decay", o.weight_decay, group);
    check_not_negative(name, "initial_accumulator_value", o.initial_accumulator_value, group);
    check_not_negative(name, "eps", o.eps, group);
  }

  static bool uses(const AdagradOptions&, std::size_t) { return true; }

  static double initial_value(const AdagradOptions& o) { return o.initial_accumulator_value; }

  template <class T>
  static void update(const AdagradOptions& o, ParamState& state, T* p, const T* g, std::int64_t n) {
    const double lr = o.lr / (1 + static_cast<double>(state.steps++) * o.lr_decay);
    const kernels::AdagradStep<T> step{.lr = static_cast<T>(lr),
                                       .eps = static_cast<T>(o.eps),
                                       .weight_decay = static_cast<T>(o.weight_decay),
                                       .sign = static_cast<T>(o.maximize ? -1 : 1)};
    T* sum = elements<T>(state.buffers[0]);
    parallel_chunks(n, 0.3, [=, &step](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().adagrad(p + i, g + i, sum + i, count, step);
    });
  }
};

template class GroupOptimizer<AdagradOptions>;

}  // namespace xtape::optim
