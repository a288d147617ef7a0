// How well an MLP recognizes Fashion-MNIST, with all that the library has for it. Prints validation and test accuracy
// and the seconds of each seed, then the mean and the standard deviation of the test accuracies. Run by hand; ten
// minutes and more. The architecture and all options were chosen by validation accuracy; the test set is looked at
// once, after training.
//   xtape_fashion_mnist_study [DIR] [SEEDS] [EPOCHS]
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>
#include <xtape/xtape.hpp>

using namespace xtape;

namespace {

nn::Sequential make_model() {
  nn::Sequential model{nn::Flatten()};
  std::int64_t in = 784;
  for (const std::int64_t hidden : {768, 384}) {
    model.append(nn::Linear(in, hidden));
    model.append(nn::BatchNorm1d(hidden));
    model.append(nn::ReLU());
    model.append(nn::Dropout(0.3));
    in = hidden;
  }
  model.append(nn::Linear(in, 10));
  return model;
}

struct Result {
  double validation = 0, test = 0, seconds = 0;
};

Result run(const data::Dataset& images, const data::Dataset& test, std::uint64_t seed, std::int64_t epochs) {
  const auto start = std::chrono::steady_clock::now();
  manual_seed(seed);
  auto [training, validation] = data::stratified_split(images, std::array{0.9, 0.1}, seed);
  const data::TransformedDataset augmented(training, data::Compose{data::RandomShift(1), data::RandomHorizontalFlip()});
  nn::Sequential model = make_model();
  nn::CrossEntropyLoss criterion({.label_smoothing = 0.1});
  optim::AdamW optimizer(model.parameters(), {.lr = 4e-3});
  constexpr std::int64_t batch_size = 256;
  optim::lr_scheduler::OneCycleLR scheduler(
      optimizer, {.max_lr = 4e-3, .epochs = epochs, .steps_per_epoch = training.size() / batch_size, .pct_start = 0.2});

  train::Trainer trainer(
      model, criterion, optimizer,
      {.epochs = epochs, .batch_size = batch_size, .num_workers = 1, .drop_last = true, .seed = seed, .ema = 0.999});
  trainer.schedule(scheduler, train::Every::step);
  const train::History history = trainer.fit(augmented, validation);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {history[history.size() - 1].validation_accuracy, trainer.evaluate(test).accuracy, seconds};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist";
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::int64_t epochs = argc > 3 ? std::atoi(argv[3]) : 60;
  const data::Dataset images = data::fashion_mnist(directory, data::Split::train);
  const data::Dataset test = data::fashion_mnist(directory, data::Split::test);

  std::vector<double> accuracies;
  double mean = 0, squares = 0;
  fmt::print("seed  validation    test  seconds\n");
  for (int seed = 0; seed < seeds; ++seed) {
    const Result r = run(images, test, static_cast<std::uint64_t>(seed), epochs);
    fmt::print("{:4} {:11.4f} {:7.4f} {:8.1f}\n", seed, r.validation, r.test, r.seconds);
    std::fflush(stdout);
    accuracies.push_back(r.test);
    mean += r.test / seeds;
  }
  for (const double a : accuracies) squares += (a - mean) * (a - mean);
  fmt::print("mean {:.4f}, standard deviation {:.4f}\n", mean, std::sqrt(squares / std::max(1, seeds - 1)));
}
