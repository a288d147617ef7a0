// How often a repeated training step requests memory from the system, and how much load_history requests. This is a
// separate program, because it replaces malloc. It is not built for sanitizers, which replace malloc themselves and
// under which no memory is kept.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "support/counted_malloc.hpp"
#include "support/files.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

/// Requests for memory during a call of `step`, after a few calls to warm up.
template <class F>
long requests_of(F step) {
  for (int i = 0; i < 4; ++i) step();
  const long before = testing::requests;
  step();
  return testing::requests - before;
}

nn::Sequential classifier() {
  return nn::Sequential{nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
}

/// A training step of `model` on `batch` images.
template <class Optimizer>
auto step_of(const nn::Sequential& model, Optimizer& optimizer, std::int64_t batch) {
  manual_seed(0);
  model.train();
  return [model, &optimizer, x = rand({batch, 784}), y = randint(0, 10, {batch}),
          criterion = nn::CrossEntropyLoss({.label_smoothing = 0.1})] {
    Tensor loss = criterion(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  };
}

TEST(SteadyStep, RequestsAreCounted) {
  EXPECT_GT(requests_of([] { free(std::aligned_alloc(64, 640)); }), 0);
  EXPECT_GT(requests_of([] { std::string s(1000, 'x'); }), 0);
}

TEST(SteadyStep, RequestsNoMemoryWithAdam) {
  const nn::Sequential model = classifier();
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  for (std::int64_t batch : {32, 256}) EXPECT_EQ(requests_of(step_of(model, optimizer, batch)), 0) << batch;
}

TEST(SteadyStep, RequestsNoMemoryWithMomentum) {
  const nn::Sequential model = classifier();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true});
  EXPECT_EQ(requests_of(step_of(model, optimizer, 64)), 0);
}

TEST(SteadyStep, RequestsNoMemoryWithTwoThreads) {
  set_num_threads(2);
  const nn::Sequential model = classifier();
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  const auto step = step_of(model, optimizer, 256);
  // A thread that came late to an op's first calls, and so did none of its work, requests its memory in a later one.
  int without = 0;  // steps in a row
  for (int i = 0; i < 1000 && without < 30; ++i) {
    const long before = testing::requests;
    step();
    without = testing::requests == before ? without + 1 : 0;
  }
  EXPECT_EQ(without, 30);
  set_num_threads(1);
}

TEST(SteadyStep, RequestsNoMemoryWhenBatchesComeFromALoader) {
  const data::Dataset digits = data::digits(2000, 0);
  const auto [train, rest] = data::random_split(digits, std::array{0.5, 0.5}, 0);
  const nn::Sequential model{nn::Flatten(), nn::Linear(digits[0].x.numel(), 32), nn::ReLU(), nn::Linear(32, 10)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const nn::CrossEntropyLoss criterion;
  const data::DataLoader batches(train, {.batch_size = 64, .shuffle = true});
  auto batch = batches.begin();
  EXPECT_EQ(requests_of([&] {
              const auto [x, y] = *batch;
              ++batch;
              optimizer.zero_grad();
              criterion(model(x), y).backward();
              optimizer.step();
            }),
            0);
}

TEST(SteadyStep, ATrainersEpochsDoNotRequestMoreAndMore) {
  const data::Dataset training = data::digits(500, 0), validation = data::digits(200, 1);
  const nn::Sequential model{nn::Flatten(), nn::Linear(784, 32), nn::BatchNorm1d(32), nn::ReLU(), nn::Linear(32, 10)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 7, .batch_size = 64});
  std::vector<long> requests;
  requests.reserve(7);
  trainer.on_epoch_end([&requests](const train::EpochRecord&) { requests.push_back(testing::requests); });
  trainer.fit(training, validation);
  EXPECT_EQ(requests[6] - requests[5], requests[5] - requests[4]);
  EXPECT_LT(requests[6] - requests[5], 200);  // 8 steps, and 8 batches that are measured
}

TEST(LoadHistory, HoldsNoWeights) {
  const testing::TempDir dir;
  const nn::Sequential model{nn::Linear(1000, 500), nn::ReLU(), nn::Linear(500, 2)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  train::Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 1, .checkpoint = {.path = dir / "last"}});
  trainer.fit(data::TensorDataset(ones({4, 1000}), zeros({4}, int64)));
  const auto largest_of = [](auto f) {
    testing::largest_request = 0;
    std::thread(f).join();  // which keeps no blocks of memory from before
    return testing::largest_request.load();
  };
  EXPECT_GT(largest_of([&dir] { io::load_safetensors(dir / "last"); }), 2'000'000);
  EXPECT_LT(largest_of([&dir] { train::load_history(dir / "last"); }), 200'000);
}

TEST(SteadyStep, RequestsNoMemoryInAChain) {
  const Tensor a = randn({4}, {.requires_grad = true}), w = randn({4});
  EXPECT_EQ(requests_of([&] {
              Tensor y = a;
              for (int i = 0; i < 100; ++i) y = y * w;
              y.sum().backward();
              a.set_grad({});
            }),
            0);
}

TEST(SteadyStep, RequestsNoMemoryInEvaluation) {
  const nn::Sequential model = classifier();
  model.eval();
  const Tensor x = rand({1000, 784}), y = randint(0, 10, {1000});
  NoGradGuard no_grad;
  EXPECT_EQ(requests_of([&] { (model(x).argmax(1) == y).to(float32).sum().item<float>(); }), 0);
}

}  // namespace
}  // namespace xtape
