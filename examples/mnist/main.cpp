// xtape-mnist: trains a small classifier on 28 x 28 images and evaluates it on held-out images after every epoch.
// The program is also the tutorial: read train_epoch and evaluate first, then run.
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <xtape/xtape.hpp>

#include "options.hpp"

using namespace xtape;
namespace F = xtape::nn::functional;

namespace {

/// Loss and accuracy of an epoch: means over its samples, NaN over none.
class Score {
 public:
  /// Adds a batch: the last one may be smaller, so it is sums that are kept.
  void add(const Tensor& batch_loss, const Tensor& logits, const Tensor& y) {
    samples_ += static_cast<double>(y.size(0));
    loss_ += batch_loss.item<double>() * static_cast<double>(y.size(0));
    correct_ += (logits.argmax(1) == y).sum().item<double>();
  }
  double loss() const { return loss_ / samples_; }
  double accuracy() const { return correct_ / samples_; }

 private:
  double loss_ = 0, correct_ = 0, samples_ = 0;
};

/// One pass over the training images: forward, loss, backward, step.
Score train_epoch(const nn::Module& model, const nn::CrossEntropyLoss& criterion, optim::Optimizer& optimizer,
                  data::DataLoader& batches, int epoch) {
  model.train();
  Score score;
  int batch = 0;
  for (auto [x, y] : batches) {
    ++batch;
    Tensor logits = model(x);            // every op is recorded on the tape
    Tensor loss = criterion(logits, y);  // one number
    if (std::isnan(loss.item<double>())) {  // a step would carry it into every weight
      throw ValueError("train", fmt::format("the loss is NaN in epoch {}, batch {}; try a smaller --lr", epoch, batch));
    }
    optimizer.zero_grad();
    loss.backward();   // walks the tape, newest op first: d(loss)/d(weight) for every weight
    optimizer.step();  // each weight moves a little against its gradient
    score.add(loss, logits, y);
  }
  return score;
}

/// One pass without learning: no dropout, nothing recorded, nothing changed.
Score evaluate(const nn::Module& model, data::DataLoader& batches) {
  model.eval();
  NoGradGuard no_grad;
  Score score;
  for (auto [x, y] : batches) {
    Tensor logits = model(x);
    score.add(F::cross_entropy(logits, y), logits, y);
  }
  return score;
}

nn::Sequential make_model(const Options& o) {
  if (o.model == "linear") return nn::Sequential{nn::Flatten(), nn::Linear(784, 10)};
  return nn::Sequential{nn::Flatten(), nn::Linear(784, o.hidden), nn::ReLU(), nn::Dropout(o.dropout),
                        nn::Linear(o.hidden, 10)};
}

std::unique_ptr<optim::Optimizer> make_optimizer(const Options& o, const nn::Module& model) {
  if (o.optimizer == "sgd") {
    return std::make_unique<optim::SGD>(
        model.parameters(),
        optim::SGDOptions{
            .lr = o.lr, .momentum = o.momentum, .weight_decay = o.weight_decay, .nesterov = o.nesterov});
  }
  if (o.optimizer == "adamw") {
    return std::make_unique<optim::AdamW>(model.parameters(),
                                          optim::AdamWOptions{.lr = o.lr, .weight_decay = o.weight_decay});
  }
  return std::make_unique<optim::Adam>(model.parameters(),
                                       optim::AdamOptions{.lr = o.lr, .weight_decay = o.weight_decay});
}

/// FNV-1a over the bytes of all weights: equal models have equal hashes.
std::uint64_t hash_of(const nn::Module& model) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const Tensor& p : model.parameters()) {
    const auto values = p.span<float>();
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    for (std::size_t i = 0; i < values.size_bytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return hash;
}

struct Images {
  data::Dataset train, test;
  std::string name;
};

Images load(const Options& o) {
  if (o.data == "digits") return {data::digits(8000, 0), data::digits(2000, 1), "built-in digits"};
  const data::Dataset train = data::fashion_mnist(o.data, data::Split::train);
  const data::Dataset test = data::fashion_mnist(o.data, data::Split::test);
  for (const auto& [part, size] : {std::pair{"training", train.size()}, {"test", test.size()}}) {
    if (size == 0) throw FileError("data", fmt::format("\"{}\" holds no {} images", o.data, part));
  }
  return {train, test, o.data};
}

/// Six characters wide, whatever the value: four decimals, or as many as there is room for.
std::string column(double value) {
  if (std::isnan(value)) return "   nan";  // without a sign
  for (int decimals = 4; decimals >= 0; --decimals) {
    std::string text = fmt::format("{:6.{}f}", value, decimals);
    if (text.size() == 6) return text;
  }
  return fmt::format("{:6.0e}", value);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Writes out what is printed so far; throws if that fails.
void flush() {
  if (std::fflush(stdout) != 0) throw FileError("stdout", "cannot be written to");
}

void run(const Options& o) {
  manual_seed(o.seed);
  set_num_threads(o.threads);
  const Images images = load(o);
  // The held-out images are chosen by the seed and never trained on.
  auto [training, held_out] = data::random_split(images.train, std::array{1 - o.validation, o.validation}, o.seed);
  data::DataLoader batches(training, {.batch_size = o.batch_size, .shuffle = true, .seed = o.seed});
  data::DataLoader validation(held_out, {.batch_size = 1000});
  data::DataLoader test(images.test, {.batch_size = 1000});

  nn::Sequential model = make_model(o);
  if (!o.load.empty()) model.load_state_dict(io::load_safetensors(o.load));
  nn::CrossEntropyLoss criterion({.label_smoothing = o.label_smoothing});
  auto optimizer = make_optimizer(o, model);

  std::int64_t parameters = 0;
  for (const Tensor& p : model.parameters()) parameters += p.numel();
  fmt::print("data    {}\n", images.name);
  fmt::print("images  {} training, {} validation, {} test\n", training.size(), held_out.size(), images.test.size());
  fmt::print("model   {} ({} parameters)\n\n",
             o.model == "linear" ? "784-10" : fmt::format("784-{}-10, dropout {}", o.hidden, o.dropout), parameters);
  fmt::print("          training          validation\n");
  fmt::print("epoch   loss  accuracy     loss  accuracy  seconds\n");
  flush();

  for (int epoch = 1; epoch <= o.epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const Score train = train_epoch(model, criterion, *optimizer, batches, epoch);
    std::string validated = fmt::format("{:>7}  {:>8}", "-", "-");
    if (held_out.size() > 0 && !o.skip_validation) {
      const Score score = evaluate(model, validation);
      validated = fmt::format(" {}  {:8.4f}", column(score.loss()), score.accuracy());
    }
    fmt::print("{:5}  {}  {:8.4f}  {}  {:7.1f}\n", epoch, column(train.loss()), train.accuracy(), validated,
               seconds_since(start));
    flush();
  }

  if (!o.save.empty()) io::save_safetensors(o.save, model.state_dict());

  const Score score = evaluate(model, test);
  fmt::print("\ntest    loss {}, accuracy {:.4f}\n", column(score.loss()), score.accuracy());
  fmt::print("weights {:016x}\n", hash_of(model));
  flush();
}

}  // namespace

int main(int argc, char** argv) { return run_with_options(argc, argv, run); }
