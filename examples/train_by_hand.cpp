// The loop that train::Trainer runs, written out: read train_epoch and evaluate first, then run. It trains on digits,
// or on the data set of the directory that it is given: train_by_hand /usr/share/datasets/fashion-mnist
#include <fmt/core.h>

#include <array>
#include <xtape/xtape.hpp>
using namespace xtape;
namespace F = xtape::nn::functional;

/// Loss and accuracy of an epoch: means over its samples. The last batch may be smaller, so it is sums that are kept.
struct Score {
  double loss = 0, correct = 0, samples = 0;
  std::string to_string() const { return fmt::format("{:7.3f} {:9.3f}", loss / samples, correct / samples); }
  void add(const Tensor& logits, const Tensor& y) {
    samples += static_cast<double>(y.size(0));
    loss += F::cross_entropy(logits, y).item<double>() * static_cast<double>(y.size(0));
    correct += (logits.argmax(1) == y).sum().item<double>();
  }
};

/// One pass over the training images: forward, loss, backward, step.
Score train_epoch(const nn::Module& model, optim::Optimizer& optimizer, data::DataLoader& batches) {
  model.train();
  Score score;
  for (auto [x, y] : batches) {
    Tensor logits = model(x);                   // every op is recorded on the tape
    Tensor loss = F::cross_entropy(logits, y);  // one number
    optimizer.zero_grad();
    loss.backward();   // walks the tape, newest op first: d(loss)/d(weight) for every weight
    optimizer.step();  // each weight moves a little against its gradient
    score.add(logits.detach(), y);
  }
  return score;
}

/// One pass without learning: no dropout, nothing recorded, nothing changed.
Score evaluate(const nn::Module& model, data::DataLoader& batches) {
  model.eval();
  NoGradGuard no_grad;
  Score score;
  for (auto [x, y] : batches) score.add(model(x), y);
  return score;
}

int main(int argc, char** argv) try {
  manual_seed(0);
  const data::Dataset images = argc > 1 ? data::mnist(argv[1], data::Split::train) : data::digits(8000, 0);
  auto [training, held_out] = data::random_split(images, std::array{0.9, 0.1}, /*seed=*/0);
  data::DataLoader batches(training, {.batch_size = 64, .shuffle = true}), validation(held_out, {.batch_size = 1000});
  nn::Sequential model{nn::Flatten(), nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.5), nn::Linear(256, 10)};
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  fmt::print("           training        validation\nepoch   loss  accuracy    loss  accuracy\n");
  for (int epoch = 1; epoch <= 3; ++epoch) {
    const Score t = train_epoch(model, optimizer, batches), v = evaluate(model, validation);
    fmt::print("{:5}{} {}\n", epoch, t.to_string(), v.to_string());
  }
} catch (const Error& e) {
  fmt::print(stderr, "train_by_hand: {}\n", e.what());
  return 1;
}
