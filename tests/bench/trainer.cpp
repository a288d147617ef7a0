// What a Trainer costs over a loop by hand that measures the same: the MNIST MLP on drawn digits, in batches of 64,
// with validation and a sample of the training set after the epoch. Both sides train the same model in turn; the
// medians of their epochs are compared. `xtape_trainer [rounds]` prints them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "xtape/xtape.hpp"

using namespace xtape;

namespace {

constexpr std::int64_t batch_size = 64, training_samples = 12800, validation_samples = 2000;

struct Means {
  double loss = 0, accuracy = 0;
};

/// Sums over batches.
struct Totals {
  double loss = 0, denominator = 0;
  std::int64_t correct = 0, samples = 0;
  void add(double mean_loss, const Tensor& output, const Tensor& target) {
    const auto n = static_cast<double>(target.size(0));
    loss += mean_loss * n;
    denominator += n;
    samples += target.size(0);
    correct += without_grad([&] { return (output.argmax(1) == target).sum().item<std::int64_t>(); });
  }
  Means means() const { return {loss / denominator, static_cast<double>(correct) / static_cast<double>(samples)}; }
};

Means evaluated(const nn::Sequential& model, const nn::CrossEntropyLoss& criterion, const data::DataLoader& batches) {
  NoGradGuard no_grad;
  model.eval();
  Totals totals;
  for (auto [x, y] : batches) {
    const Tensor output = model(x);
    totals.add(criterion(output, y).item(), output, y);
  }
  return totals.means();
}

struct Side {
  nn::Sequential model{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)};
  nn::CrossEntropyLoss criterion;
  optim::Adam optimizer{model.parameters(), {.lr = 1e-3}};
  std::vector<double> seconds;
  double last_loss = 0;
};

double epoch_by_hand(Side& side, const data::DataLoader& batches, const data::DataLoader& validation,
                     const data::DataLoader& sample) {
  side.model.train();
  Totals totals;
  for (auto [x, y] : batches) {
    const Tensor output = side.model(x);
    Tensor loss = side.criterion(output, y);
    side.optimizer.zero_grad();
    loss.backward();
    side.optimizer.step();
    totals.add(loss.item(), output, y);
  }
  evaluated(side.model, side.criterion, validation);
  evaluated(side.model, side.criterion, sample);
  return totals.means().loss;
}

template <class F>
void measure(Side& side, F epoch) {
  const auto begin = std::chrono::steady_clock::now();
  side.last_loss = epoch();
  side.seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  set_num_threads(1);
  const data::Dataset digits = data::digits(training_samples, 0), validation = data::digits(validation_samples, 1);
  const data::DataLoader batches(digits, {.batch_size = batch_size, .shuffle = true});
  const data::DataLoader validation_batches(validation, {.batch_size = batch_size});
  std::vector<std::int64_t> some(validation_samples);
  for (std::size_t i = 0; i < some.size(); ++i) some[i] = static_cast<std::int64_t>(i) * 6;
  const data::DataLoader sample(data::Subset(digits, some), {.batch_size = batch_size});

  manual_seed(0);
  Side hand;
  manual_seed(0);
  Side ours;
  train::Trainer trainer(ours.model, ours.criterion, ours.optimizer, {.epochs = 1, .batch_size = batch_size});
  const auto by_hand = [&] { return epoch_by_hand(hand, batches, validation_batches, sample); };
  const auto by_trainer = [&] { return trainer.fit(digits, validation)[0].train_loss; };
  for (int round = 0; round < rounds + 2; ++round) {  // the first two warm up
    if (round == 2) hand.seconds.clear(), ours.seconds.clear();
    if (round % 2 == 0) measure(hand, by_hand);
    measure(ours, by_trainer);
    if (round % 2 != 0) measure(hand, by_hand);
    if (hand.last_loss != ours.last_loss)
      std::printf("round %d: losses %.17g and %.17g\n", round, hand.last_loss, ours.last_loss);
  }
  const double a = median(hand.seconds), b = median(ours.seconds);
  std::printf("by hand %.1f ms, Trainer %.1f ms an epoch: %+.2f %% (medians of %d)\n", 1e3 * a, 1e3 * b,
              100 * (b / a - 1), rounds);
}
