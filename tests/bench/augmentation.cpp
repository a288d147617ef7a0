// How fast the transforms of data/transforms.hpp are, and what a worker that prepares batches is worth: steps per
// second of a classifier whose hidden layer is so wide that a step takes as long as the augmentation of its batch. One
// thread trains (set_num_threads(1)); the machine needs a second core for the worker.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>
#include <xtape/xtape.hpp>

using namespace xtape;

namespace {

constexpr std::int64_t samples = 64 * 256, batch_size = 64;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The shortest of several times that f() takes.
template <class F>
double seconds_of(F f) {
  double best = 1e9;
  for (int k = 0; k < 5; ++k) {
    const Clock::time_point start = Clock::now();
    f();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

data::Dataset pictures() {
  return data::ImageDataset(randint(0, 256, {samples, 1, 28, 28}, uint8), randint(0, 10, {samples}),
                            std::vector<std::string>(10, "class"));
}

void print_speed(const char* name, const data::Transform& transform) {
  Generator generator;
  const Tensor x = rand({batch_size, 1, 28, 28});
  std::vector<std::int64_t> indices(batch_size);
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  const data::TransformedDataset dataset(data::TensorDataset(x, zeros({batch_size}, int64)), transform);
  constexpr int repeats = 50;
  const double in_batches = seconds_of([&] {
    for (int k = 0; k < repeats; ++k) transform(x, generator);
  });
  const double by_sample = seconds_of([&] {
    for (int k = 0; k < repeats; ++k) dataset.batch(indices, data::Draw{1, k});
  });
  std::printf("%-34s %12.0f %16.0f\n", name, repeats * batch_size / in_batches, repeats * batch_size / by_sample);
}

/// An MLP and its optimizer.
struct Training {
  nn::Sequential model;
  nn::CrossEntropyLoss criterion;
  optim::SGD optimizer;

  explicit Training(std::int64_t hidden)
      : model{nn::Flatten(), nn::Linear(784, hidden), nn::ReLU(), nn::Linear(hidden, 10)},
        optimizer(model.parameters(), {.lr = 0.01}) {}

  void step(const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    criterion(model(x), y).backward();
    optimizer.step();
  }
};

double seconds_per_step(Training& training) {
  const Tensor x = rand({batch_size, 1, 28, 28}), y = randint(0, 10, {batch_size});
  constexpr int steps = 20;
  return seconds_of([&] {
           for (int k = 0; k < steps; ++k) training.step(x, y);
         }) /
         steps;
}

/// Steps per second with 0, 1 and 2 workers: of the best epoch each, in turn.
std::array<double, 3> steps_per_second(const data::Dataset& dataset, std::int64_t hidden) {
  Training training(hidden);
  std::array<double, 3> best{};
  for (int round = 0; round < 8; ++round) {
    for (std::size_t workers = 0; workers < best.size(); ++workers) {
      const data::DataLoader batches(
          dataset, {.batch_size = batch_size, .shuffle = true, .num_workers = static_cast<std::int64_t>(workers)});
      const Clock::time_point start = Clock::now();
      for (auto [x, y] : batches) training.step(x, y);
      best[workers] = std::max(best[workers], static_cast<double>(batches.size()) / seconds_since(start));
    }
  }
  return best;
}

}  // namespace

int main() {
  set_num_threads(1);
  const data::Compose augmentation{data::RandomRotation(15, {.interpolation = data::Interpolation::bilinear}),
                                   data::RandomShift(2), data::RandomHorizontalFlip(), data::RandomErasing(),
                                   data::Normalize(0.2860, 0.3530)};
  std::printf("images (1, 28, 28) a second           in batches  one by one, keyed\n");
  print_speed("Normalize", data::Normalize(0.2860, 0.3530));
  print_speed("RandomShift", data::RandomShift(2));
  print_speed("RandomHorizontalFlip", data::RandomHorizontalFlip());
  print_speed("RandomErasing", data::RandomErasing());
  print_speed("RandomRotation, nearest", data::RandomRotation(15));
  print_speed("RandomRotation, bilinear", data::RandomRotation(15, {.interpolation = data::Interpolation::bilinear}));
  print_speed("all of these, the last bilinear", augmentation);

  const data::Dataset dataset = data::TransformedDataset(pictures(), augmentation);
  std::vector<std::int64_t> indices(batch_size);
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  const double batch = seconds_of([&] {
                         for (int k = 0; k < 20; ++k) dataset.batch(indices, data::Draw{1, k});
                       }) /
                       20;
  std::int64_t hidden = 16;
  double step = 0;
  for (;; hidden += 16) {
    Training training(hidden);
    step = seconds_per_step(training);
    if (step >= batch) break;
  }
  std::printf("\na batch of 64: %.0f us, a step with %d hidden units: %.0f us\n", 1e6 * batch, static_cast<int>(hidden),
              1e6 * step);
  const std::array<double, 3> rates = steps_per_second(dataset, hidden);
  for (int workers = 0; workers < 3; ++workers) {
    const double rate = rates[static_cast<std::size_t>(workers)];
    std::printf("%d workers: %6.0f steps a second, %.2f times\n", workers, rate, rate / rates[0]);
  }
}
