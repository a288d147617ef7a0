// What the trainer's tests train: a small classification problem, models with every kind of state, and the loop by
// hand.
#pragma once

#include <functional>
#include <vector>

#include "support/expect.hpp"
#include "xtape/xtape.hpp"

namespace xtape::testing {

/// n samples of three classes in five dimensions, of which two are noise.
inline data::TensorDataset three_classes(std::int64_t n, std::uint64_t seed = 0) {
  Generator g(seed);
  const Tensor x = randn({n, 5}, {.generator = &g});
  return {x, (x + 0.5 * randn({n, 5}, {.generator = &g})).narrow(1, 0, 3).argmax(1)};
}
/// n samples of a line in five dimensions.
inline data::TensorDataset line(std::int64_t n, std::uint64_t seed = 0) {
  Generator g(seed);
  const Tensor x = randn({n, 5}, {.generator = &g});
  return {x, x.sum(1, true) + 0.1 * randn({n, 1}, {.generator = &g})};
}

/// Draws masks, has buffers, and behaves differently in training and evaluation mode.
inline nn::Sequential net(std::uint64_t seed = 1, std::int64_t outputs = 3) {
  manual_seed(seed);
  return nn::Sequential{nn::Linear(5, 16), nn::BatchNorm1d(16), nn::ReLU(), nn::Dropout(0.3), nn::Linear(16, outputs)};
}
/// The same numbers each time it is called.
inline nn::Sequential plain_net(std::uint64_t seed = 1, std::int64_t outputs = 3) {
  manual_seed(seed);
  return nn::Sequential{nn::Linear(5, 8), nn::Tanh(), nn::Linear(8, outputs)};
}

/// Everything that training changes.
struct Outcome {
  StateDict weights, optimizer;
  Generator::State generator;
  std::vector<double> losses;  // of each batch
};

inline void expect_same_dicts(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(equal(tensor, b.at(name))) << name;
}
inline void expect_same(const Outcome& a, const Outcome& b) {
  expect_same_dicts(a.weights, b.weights);
  expect_same_dicts(a.optimizer, b.optimizer);
  EXPECT_EQ(a.generator, b.generator);
  EXPECT_EQ(a.losses, b.losses);
}

/// Whether the tensors of the two snapshots are equal.
inline bool same(const StateDict& a, const StateDict& b) {
  for (const auto& [name, tensor] : a) {
    if (!equal(tensor, b.at(name))) return false;
  }
  return true;
}

}  // namespace xtape::testing
