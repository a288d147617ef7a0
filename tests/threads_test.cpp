// A contract of the whole library: the number of threads does not change the bits of a result (SEMANTICS [34]).
#include <gtest/gtest.h>

#include <cstring>

#include "xtape/xtape.hpp"

namespace xtape {
namespace {

/// The weights after some steps, byte for byte.
template <class Optimizer, class Options>
std::string weights_after_training(int threads, std::int64_t batch, Options options) {
  set_num_threads(threads);
  manual_seed(7);
  nn::Sequential model{nn::Linear(784, 300), nn::ReLU(), nn::Dropout(0.5), nn::Linear(300, 10)};
  Optimizer optimizer(model.parameters(), options);
  const nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
  for (int step = 0; step < 8; ++step) {
    optimizer.zero_grad();
    criterion(model(rand({batch, 784})), randint(0, 10, {batch})).backward();
    optimizer.step();
  }
  set_num_threads(1);
  std::string bytes;
  for (const Tensor& p : model.parameters()) {
    const auto span = p.span<float>();
    bytes.append(reinterpret_cast<const char*>(span.data()), span.size_bytes());
  }
  return bytes;
}

template <class Optimizer, class Options>
void expect_same_weights(Options options) {
  for (std::int64_t batch : {64, 256}) {
    const std::string alone = weights_after_training<Optimizer>(1, batch, options);
    for (int threads : {2, 3, 4, 8}) {
      EXPECT_TRUE(weights_after_training<Optimizer>(threads, batch, options) == alone) << threads << " at " << batch;
    }
    EXPECT_FALSE(weights_after_training<Optimizer>(1, batch + 1, options) == alone);
  }
}

TEST(Threads, DoNotChangeTheWeightsOfTrainingWithAdam) {
  expect_same_weights<optim::Adam>(optim::AdamOptions{.lr = 1e-3});
}

TEST(Threads, DoNotChangeTheWeightsOfTrainingWithMomentum) {
  expect_same_weights<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
}

}  // namespace
}  // namespace xtape
