// g = gradient, negated to maximize          g += weight_decay p
// v = alpha v + (1 - alpha) g^2          centered: m += (1 - alpha) (g - m), u = v - m^2, else u = v
// d = g / (sqrt(u) + eps)          momentum: b = momentum b + d, else b = d
// p -= lr b
// Tieleman and Hinton, "Lecture 6.5: RMSprop", 2012; centered: Graves, "Generating sequences with recurrent neural
// networks", 2013, with eps outside of the root, as in PyTorch.
#include "xtape/optim/rmsprop.hpp"

#include <cmath>
#include <limits>

#include "kernels/isa.hpp"
#include "optim/group_optimizer.hpp"

namespace xtape::optim {

template <>
struct Rule<RMSpropOptions> {
  static constexpr const char* name = "RMSprop";
  static constexpr const char* buffers[] = {"square_avg", "momentum_buffer", "grad_avg"};
  static constexpr bool counts_steps = true;

  template <class O, class F>
  static void visit(O& o, F f) {
    f("lr", o.lr);
    f("alpha", o.alpha);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("momentum", o.momentum);
    f("centered", o.centered);
    f("maximize", o.maximize);
  }

  static void check(const RMSpropOptions& o, std::size_t group) {
    check_not_negative(name, "lr", o.lr, group);
    if (!(o.alpha >= 0 && o.alpha <= 1)) {
      fail<ValueError>(name, "alpha = {} in group {} is outside [0, 1]", o.alpha, group);
    }
    if (o.centered && o.alpha == 0) {
      fail<ValueError>(name, "centered needs alpha > 0 in group {}: the last gradient alone has no variance", group);
    }
    check_not_negative(name, "eps", o.eps, group);
    check_not_negative(name, "weight_decay", o.weight_decay, group);
    check_not_negative(name, "momentum", o.momentum, group);
  }

  static bool uses(const RMSpropOptions& o, std::size_t buffer) {
    return buffer == 0 || (buffer == 1 ? o.momentum != 0 : o.centered);
  }

  static double& momentum(RMSpropOptions& o) { return o.momentum; }

  template <class T>
  static void update(const RMSpropOptions& o, ParamState& state, T* p, const T* g, std::int64_t n) {
    const kernels::RmspropStep<T> step = constants_of_step<T>(o);
    T* v = elements<T>(state.buffers[0]);
    T* buffer = o.momentum != 0 ? elements<T>(state.buffers[1]) : nullptr;
    T* m = o.centered ? elements<T>(state.buffers[2]) : nullptr;
    parallel_chunks(n, 0.3, [=, &step](std::int64_t i, std::int64_t count) {
      kernels::isa_of<T>().rmsprop(p + i, g + i, v + i, m ? m + i : nullptr, buffer ? buffer + i : nullptr, count,
                                   step);
    });
    ++state.steps;
  }

 private:
  template <class T>
  static kernels::RmspropStep<T> constants_of_step(const RMSpropOptions& o) {
    const double rest = 1 - o.alpha;
    // As for Adam: with a usual eps, means this small have no effect.
    const double tiny = o.eps >= 1e-10 ? static_cast<double>(std::numeric_limits<T>::min()) : 0;
    return {.lr = static_cast<T>(o.lr),
            .alpha = static_cast<T>(o.alpha),
            .rest = static_cast<T>(rest),
            .keep_mean = T(1) - static_cast<T>(rest),
            .near_mean = rest < 0.5,
            .eps = static_cast<T>(o.eps),
            .weight_decay = static_cast<T>(o.weight_decay),
            .momentum = static_cast<T>(o.momentum),
            .sign = static_cast<T>(o.maximize ? -1 : 1),
            .smallest_square = static_cast<T>(tiny),
            .smallest_gradient = static_cast<T>(std::sqrt(tiny / rest)),
            .smallest_mean = static_cast<T>(2 * std::sqrt(tiny)),
            .smallest_buffer = std::numeric_limits<T>::min()};
  }
};

template class GroupOptimizer<RMSpropOptions>;

}  // namespace xtape::optim
