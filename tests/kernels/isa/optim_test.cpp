#include <cstring>
#include <limits>
#include <vector>

#include "kernels/random.hpp"
#include "support/isas.hpp"

namespace xtape {
namespace {

using kernels::Isa;
using testing::each_isa;

/// Parameters, gradient and state of a few steps, with special numbers among them.
template <class T>
struct State {
  static constexpr std::int64_t n = 203;
  std::vector<T> p, g, m, v, v_max;

  State() : p(n), g(n), m(n), v(n), v_max(n) {
    const T inf = std::numeric_limits<T>::infinity(), tiny = std::numeric_limits<T>::min();
    const T special[] = {inf, -inf, inf - inf, tiny, -tiny, tiny / 4, T(0), -T(0)};
    std::uint64_t seed = 0;
    for (std::vector<T>* x : {&p, &g, &m, &v, &v_max}) {
      kernels::normal({++seed}, 0, n, x->data());
      for (std::size_t i = 0; i < 8; ++i) (*x)[10 * i + seed] = special[i];
    }
    for (T& x : v) x = x < 0 ? -x : x;
  }
  /// Equal bits, except that any NaN equals any NaN: IEEE 754 does not define their sign and payload.
  bool operator==(const State& other) const {
    return same(p, other.p) && same(m, other.m) && same(v, other.v) && same(v_max, other.v_max);
  }
  static bool same(const std::vector<T>& a, const std::vector<T>& b) {
    for (std::size_t i = 0; i < n; ++i) {
      if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && (a[i] == a[i] || b[i] == b[i])) return false;
    }
    return true;
  }
};

/// step(kernels, state) gives the same bits on every instruction set.
template <class T, class Step>
void expect_same_bits(Step step) {
  State<T> expected;
  for (int i = 0; i < 3; ++i) step(testing::of_type<T>(*kernels::find_isa("baseline")), expected);
  each_isa([&](const Isa& isa) {
    State<T> state;
    for (int i = 0; i < 3; ++i) step(testing::of_type<T>(isa), state);
    EXPECT_TRUE(state == expected);
  });
}

template <class T>
void expect_sgd_agrees() {
  for (T weight_decay : {T(0), T(0.01)}) {
    for (bool nesterov : {false, true}) {
      const T tiny = std::numeric_limits<T>::min();
      const kernels::SgdStep<T> step{T(0.1), T(0.9), T(0.7), weight_decay, T(-1), nesterov, tiny};
      expect_same_bits<T>([step](const auto& k, State<T>& s) { k.sgd(s.p.data(), s.g.data(), s.m.data(), s.n, step); });
      expect_same_bits<T>([step](const auto& k, State<T>& s) { k.sgd(s.p.data(), s.g.data(), nullptr, s.n, step); });
      expect_same_bits<T>([step](const auto& k, State<T>& s) { k.sgd(s.p.data(), s.p.data(), s.m.data(), s.n, step); });
    }
  }
}
TEST(SgdKernel, GivesTheSameBitsOnEveryInstructionSet) {
  expect_sgd_agrees<float>();
  expect_sgd_agrees<double>();
}

template <class T>
void expect_adam_agrees() {
  const T tiny = std::numeric_limits<T>::min();
  for (T weight_decay : {T(0), T(0.01)}) {
    for (bool near_m : {false, true}) {
      const kernels::AdamStep<T> step{T(0.01), T(0.9),       T(0.1),  T(0.999), T(0.001), near_m,
                                      T(1e-8), weight_decay, T(0.99), T(1),     tiny,     T(1e-18)};
      expect_same_bits<T>([step](const auto& k, State<T>& s) {
        k.adam(s.p.data(), s.g.data(), s.m.data(), s.v.data(), nullptr, s.n, step);
      });
      expect_same_bits<T>([step](const auto& k, State<T>& s) {
        k.adam(s.p.data(), s.g.data(), s.m.data(), s.v.data(), s.v_max.data(), s.n, step);
      });
    }
  }
}
TEST(AdamKernel, GivesTheSameBitsOnEveryInstructionSet) {
  expect_adam_agrees<float>();
  expect_adam_agrees<double>();
}

template <class T>
void expect_rmsprop_agrees() {
  const T tiny = std::numeric_limits<T>::min();
  for (T weight_decay : {T(0), T(0.01)}) {
    for (bool near_mean : {false, true}) {
      const kernels::RmspropStep<T> step{T(0.01), T(0.9), T(0.1), T(0.9),   near_mean, T(1e-8), weight_decay,
                                         T(0.8),  T(-1),  tiny,   T(1e-18), T(1e-18),  tiny};
      const auto agrees = [step](bool centered, bool has_momentum) {
        expect_same_bits<T>([step, centered, has_momentum](const auto& k, State<T>& s) {
          k.rmsprop(s.p.data(), s.g.data(), s.v.data(), centered ? s.m.data() : nullptr,
                    has_momentum ? s.v_max.data() : nullptr, s.n, step);
        });
      };
      for (bool centered : {false, true}) {
        for (bool has_momentum : {false, true}) agrees(centered, has_momentum);
      }
    }
  }
}
TEST(RmspropKernel, GivesTheSameBitsOnEveryInstructionSet) {
  expect_rmsprop_agrees<float>();
  expect_rmsprop_agrees<double>();
}

template <class T>
void expect_adagrad_agrees() {
  for (T weight_decay : {T(0), T(0.01)}) {
    const kernels::AdagradStep<T> step{T(0.01), T(1e-10), weight_decay, T(-1)};
    expect_same_bits<T>(
        [step](const auto& k, State<T>& s) { k.adagrad(s.p.data(), s.g.data(), s.v.data(), s.n, step); });
    expect_same_bits<T>(
        [step](const auto& k, State<T>& s) { k.adagrad(s.p.data(), s.p.data(), s.v.data(), s.n, step); });
  }
}
TEST(AdagradKernel, GivesTheSameBitsOnEveryInstructionSet) {
  expect_adagrad_agrees<float>();
  expect_adagrad_agrees<double>();
}

TEST(AdamKernel, OneNaNTouchesNoOtherElement) {  // SEMANTICS [25]
  each_isa([](const Isa& isa) {
    std::vector<float> p(40, 1), g(40, 0.5f), m(40), v(40);
    g[17] = std::numeric_limits<float>::quiet_NaN();
    const kernels::AdamStep<float> step{.1f, 0, 1, 0, 1, false, 1e-8f, 0, 1, 1, 0, 0};
    isa.float32.adam(p.data(), g.data(), m.data(), v.data(), nullptr, 40, step);
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(p[i] != p[i], i == 17) << i;
  });
}

TEST(AdamKernel, ANaNAmongTheLargestSquaresStays) {
  each_isa([](const Isa& isa) {
    std::vector<float> p(40, 1), g(40, 0.5f), m(40), v(40), v_max(40);
    v_max[17] = v_max[38] = std::numeric_limits<float>::quiet_NaN();
    const kernels::AdamStep<float> step{.1f, .9f, .1f, .9f, .1f, true, 1e-8f, 0, 1, 1, 0, 0};
    isa.float32.adam(p.data(), g.data(), m.data(), v.data(), v_max.data(), 40, step);
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(v_max[i] != v_max[i], i == 17 || i == 38) << i;
  });
}

/// step(kernels, x, n) gives an element the same bits whether all are updated at once or in two parts; x are
/// parameters, gradients and three states.
template <class Step>
void expect_same_in_parts(Step step) {
  constexpr std::int64_t n = 700, part = 301;
  each_isa([step](const Isa& isa) {
    std::vector<float> x[2][5];
    for (std::vector<float>(&all)[5] : x) {
      for (std::uint64_t k = 0; k < 5; ++k) {
        all[k].resize(n);
        kernels::uniform({k + 1}, 0, n, all[k].data());
      }
    }
    const auto from = [](std::vector<float>(&all)[5], std::int64_t first) {
      std::vector<float*> at;
      for (std::vector<float>& v : all) at.push_back(v.data() + first);
      return at;
    };
    step(isa.float32, from(x[0], 0), n);
    step(isa.float32, from(x[1], 0), part);
    step(isa.float32, from(x[1], part), n - part);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(x[0][k], x[1][k]) << k;
  });
}
TEST(OptimizerKernels, WithDecayGiveAnElementTheSameBitsWhereverItStands) {
  const kernels::SgdStep<float> sgd{0.1f, 0.9f, 0.7f, 0.01f, -1, true, 0};
  expect_same_in_parts(
      [sgd](const auto& k, const std::vector<float*>& x, std::int64_t n) { k.sgd(x[0], x[1], x[2], n, sgd); });
  const kernels::AdamStep<float> adam{.01f, .9f, .1f, .999f, .001f, true, 1e-8f, .01f, .99f, 1, 0, 0};
  expect_same_in_parts([adam](const auto& k, const std::vector<float*>& x, std::int64_t n) {
    k.adam(x[0], x[1], x[2], x[3], x[4], n, adam);
  });
  const kernels::RmspropStep<float> rmsprop{.01f, .9f, .1f, .9f, true, 1e-8f, .01f, .8f, -1, 0, 0, 0, 0};
  expect_same_in_parts([rmsprop](const auto& k, const std::vector<float*>& x, std::int64_t n) {
    k.rmsprop(x[0], x[1], x[2], nullptr, x[4], n, rmsprop);
  });
  const kernels::AdagradStep<float> adagrad{.01f, 1e-10f, .01f, -1};
  expect_same_in_parts([adagrad](const auto& k, const std::vector<float*>& x, std::int64_t n) {
    k.adagrad(x[0], x[1], x[2], n, adagrad);
  });
}

}  // namespace
}  // namespace xtape
