// xtape-mnist: trains a small classifier on 28 x 28 images and evaluates it on held-out images after every epoch.
// The program is also the tutorial: read train_epoch and evaluate first, then run.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <xtape/xtape.hpp>

using namespace xtape;
namespace F = xtape::nn::functional;

namespace {

struct Options {
  std::string data = "digits";
  std::string model = "mlp";
  std::int64_t hidden = 256;
  double dropout = 0.5;
  std::string optimizer = "adam";
  double lr = 1e-3;
  double momentum = 0.9;
  double weight_decay = 0;
  double label_smoothing = 0;
  int epochs = 10;
  std::int64_t batch_size = 64;
  double validation = 0.1;
  bool skip_validation = false;
  std::uint64_t seed = 0;
  int threads = 1;
};

/// Mean loss and accuracy over the samples of an epoch.
struct Score {
  double loss = 0, accuracy = 0;
  std::int64_t samples = 0;

  /// Adds a batch: the last one may be smaller, so means are weighted by samples.
  void add(const Tensor& batch_loss, const Tensor& logits, const Tensor& y) {
    const std::int64_t n = y.size(0), total = samples + n;
    const double correct = (logits.argmax(1) == y).sum().item<double>();
    const double share = static_cast<double>(n) / static_cast<double>(total);
    loss += (batch_loss.item<double>() - loss) * share;
    accuracy += (correct / static_cast<double>(n) - accuracy) * share;
    samples = total;
  }
};

/// One pass over the training images: forward, loss, backward, step.
Score train_epoch(const nn::Module& model, const nn::CrossEntropyLoss& criterion, optim::Optimizer& optimizer,
                  data::DataLoader& batches) {
  model.train();
  Score score;
  for (auto [x, y] : batches) {
    Tensor logits = model(x);            // every op is recorded on the tape
    Tensor loss = criterion(logits, y);  // one number
    if (std::isnan(loss.item<double>())) throw ValueError("train", "the loss is NaN; try a smaller --lr");
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
        optim::SGDOptions{.lr = o.lr, .momentum = o.momentum, .weight_decay = o.weight_decay});
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
  return {data::fashion_mnist(o.data, data::Split::train), data::fashion_mnist(o.data, data::Split::test), o.data};
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
    const Score train = train_epoch(model, criterion, *optimizer, batches);
    std::string validated = fmt::format("{:>7}  {:>8}", "-", "-");
    if (held_out.size() > 0 && !o.skip_validation) {
      const Score score = evaluate(model, validation);
      validated = fmt::format("{:7.4f}  {:8.4f}", score.loss, score.accuracy);
    }
    fmt::print("{:5}  {:6.4f}  {:8.4f}  {}  {:7.1f}\n", epoch, train.loss, train.accuracy, validated,
               seconds_since(start));
    flush();
  }

  const Score score = evaluate(model, test);
  fmt::print("\ntest    loss {:.4f}, accuracy {:.4f}\n", score.loss, score.accuracy);
  fmt::print("weights {:016x}\n", hash_of(model));
  flush();
}

/// "" for a number in [0, 1), else what is wrong; NaN is refused too.
std::string check_fraction(const std::string& text) {
  double value = 0;
  if (!CLI::detail::lexical_cast(text, value) || !(value >= 0 && value < 1)) return text + " is outside [0, 1)";
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app{"Trains a classifier on Fashion-MNIST, MNIST, or digits that the program draws itself."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", o.data, "directory of the four IDX files (.gz or not), or 'digits'");
  app.add_option("--model", o.model, "linear or mlp")->check(CLI::IsMember({"linear", "mlp"}));
  app.add_option("--hidden", o.hidden, "width of the mlp's hidden layer")->check(CLI::Range(1, 1 << 16));
  app.add_option("--dropout", o.dropout, "share of hidden units to drop in training")->check(CLI::Range(0.0, 1.0));
  app.add_option("--optimizer", o.optimizer, "sgd, adam or adamw")
      ->check(CLI::IsMember({"sgd", "adam", "adamw"}));
  app.add_option("--lr", o.lr, "learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--momentum", o.momentum, "momentum of sgd")->check(CLI::NonNegativeNumber);
  app.add_option("--weight-decay", o.weight_decay, "sgd and adam: L2 penalty; adamw: decoupled weight decay")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--label-smoothing", o.label_smoothing, "share of the target that is spread over all classes")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--epochs", o.epochs, "passes over the training images")->check(CLI::Range(0, 100000));
  app.add_option("--batch-size", o.batch_size, "images per step")->check(CLI::Range(1, 1 << 20));
  app.add_option("--validation", o.validation, "share of the training images held out")->check(check_fraction);
  app.add_flag("--skip-validation", o.skip_validation, "hold the validation images out, but do not evaluate on them");
  app.add_option("--seed", o.seed, "seed of weights, dropout, split and shuffling");
  app.add_option("--threads", o.threads, "threads that share the work of large ops")->check(CLI::Range(1, 1024));

  try {
    app.parse(argc, argv);
    run(o);
  } catch (const CLI::Success& e) {  // --help
    return app.exit(e);
  } catch (const std::exception& e) {
    fmt::print(stderr, "xtape-mnist: {}\n", e.what());
    return 1;
  }
}
