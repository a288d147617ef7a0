// How often the verdict is right: the planted cases, and others that were not looked at while its rules were made, each
// with many seeds, as a table. Run by hand:
//   xtape_verdict_study [SEEDS]     10 seeds of each case; Fashion-MNIST if it is in /usr/share/datasets
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "train/verdict_cases.hpp"

namespace xtape::testing {
namespace {

// ---- data --------------------------------------------------------------------------------------------------------

constexpr char fashion_folder[] = "/usr/share/datasets/fashion-mnist";

Split fashion(std::int64_t n, std::int64_t held_out, std::uint64_t seed) {
  static const data::Dataset all = data::fashion_mnist(fashion_folder, data::Split::train);
  const auto parts = data::random_split(all, std::array{n, held_out, all.size() - n - held_out}, seed);
  return {parts[0], parts[1]};
}

data::Batch all_of(const data::Dataset& d) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < d.size(); ++i) indices.push_back(i);
  return d.batch(indices);
}
/// The same inputs with targets f(x, y).
template <class F>
Split with_targets(const Split& split, F f) {
  const auto changed = [f](const data::Dataset& d) {
    const data::Batch b = all_of(d);
    return data::TensorDataset(b.x, f(b.x, b.y));
  };
  return {changed(split.training), changed(split.validation)};
}
Split with_random_labels(const Split& split, std::uint64_t seed) {
  Generator g(seed + 99);
  return with_targets(split,
                      [&g](const Tensor& x, const Tensor&) { return randint(10, {x.size(0)}, {.generator = &g}); });
}
/// For BCEWithLogitsLoss.
Split as_binary(const Split& split) {
  return with_targets(split, [](const Tensor&, const Tensor& y) { return y.to(float32).reshape({-1, 1}); });
}

/// A disc inside a ring.
Split rings(std::int64_t n, std::int64_t held_out, std::uint64_t seed) {
  Generator g(seed);
  const auto make = [&g](std::int64_t count) {
    const Tensor y = randint(2, {count}, {.generator = &g});
    const Tensor angle = 6.2831853 * rand({count}, {.generator = &g});
    const Tensor radius = y.to(float32) + 0.4 + 0.12 * randn({count}, {.generator = &g});
    return data::TensorDataset(stack({radius * cos(angle), radius * sin(angle)}, 1), y);
  };
  const data::TensorDataset training = make(n);
  return {training, make(held_out)};
}

// ---- models ------------------------------------------------------------------------------------------------------

nn::Sequential normalized(std::int64_t in, std::int64_t h, std::int64_t out, std::uint64_t seed) {
  manual_seed(seed);
  return nn::Sequential{nn::Flatten(),    nn::Linear(in, h),  nn::BatchNorm1d(h), nn::ReLU(),       nn::Dropout(0.2),
                        nn::Linear(h, h), nn::BatchNorm1d(h), nn::ReLU(),         nn::Dropout(0.2), nn::Linear(h, out)};
}
nn::Sequential smooth(std::int64_t in, std::int64_t h, std::int64_t out, std::uint64_t seed) {
  manual_seed(seed);
  return nn::Sequential{nn::Linear(in, h), nn::Tanh(), nn::Linear(h, h), nn::Tanh(), nn::Linear(h, out)};
}

template <class O, train::Criterion C>
train::History train_by(O optimizer, const nn::Sequential& model, const C& criterion, const Split& split,
                        const Recipe& recipe, std::uint64_t seed) {
  train::Trainer trainer(model, criterion, optimizer,
                         {.epochs = recipe.epochs, .batch_size = recipe.batch_size, .seed = seed});
  return trainer.fit(split.training, split.validation);
}
optim::SGD momentum(const nn::Sequential& model, double lr) {
  return optim::SGD(model.parameters(), {.lr = lr, .momentum = 0.9});
}

// clang-format off
std::vector<VerdictCase> other_cases() {
  return {
      {"signs, MLP by momentum", "fitting", [](std::uint64_t s) {
         const auto m = smooth(2, 16, 2, s);
         return train_by(momentum(m, 0.05), m, nn::CrossEntropyLoss(), signs(1000, 500, s), {.epochs = 40}, s); }},
      {"rings, BCE, RMSprop", "fitting", [](std::uint64_t s) {
         const auto m = smooth(2, 16, 1, s);
         return train_by(optim::RMSprop(m.parameters(), {.lr = 3e-3}), m, nn::BCEWithLogitsLoss(),
                         as_binary(rings(600, 300, s)), {.epochs = 20, .batch_size = 16}, s); }},
      {"rings, BCE, linear", "underfitting", [](std::uint64_t s) {
         const auto m = network(2, 0, 1, s);
         return train_by(optim::RMSprop(m.parameters(), {.lr = 3e-3}), m, nn::BCEWithLogitsLoss(),
                         as_binary(rings(600, 300, s)), {.epochs = 20, .batch_size = 16}, s); }},
      {"rings, BCE, momentum, lr 100", "diverged", [](std::uint64_t s) {
         const auto m = smooth(2, 16, 1, s);
         return train_by(momentum(m, 100), m, nn::BCEWithLogitsLoss(), as_binary(rings(600, 300, s)),
                         {.epochs = 10, .batch_size = 16}, s); }},
      {"bend, L1", "fitting", [](std::uint64_t s) {
         const auto m = smooth(8, 24, 1, s);
         return train_by(optim::Adam(m.parameters(), {.lr = 3e-3}), m, nn::L1Loss(), bends(1500, 500, 8, 0.2, s),
                         {.epochs = 20}, s); }},
      {"bend, Huber, BatchNorm and dropout", "fitting", [](std::uint64_t s) {
         const auto m = normalized(8, 48, 1, s);
         return train_by(optim::Adam(m.parameters(), {.lr = 3e-3}), m, nn::HuberLoss(), bends(2000, 500, 8, 0.2, s),
                         {.epochs = 20, .batch_size = 64}, s); }},
      {"bend, batches of 2", "fitting", [](std::uint64_t s) {
         return regress(bends(1000, 400, 8, 0.3, s), 8, 32, {.epochs = 12, .batch_size = 2}, s); }},
      {"bend, targets far from 0", "fitting", [](std::uint64_t s) {
         const auto lifted = [](const Tensor&, const Tensor& y) { return y + 5; };
         return regress(with_targets(bends(1500, 400, 8, 0.2, s), lifted), 8, 32, {.epochs = 40, .lr = 1e-2}, s); }},
      {"bend, Adam, lr 5", "diverged", [](std::uint64_t s) {
         return regress(bends(1000, 300, 8, 0.2, s), 8, 32, {.epochs = 8, .lr = 5}, s); }},
      {"bend, momentum, lr 0.5", "diverged", [](std::uint64_t s) {
         const auto m = network(8, 32, 1, s);
         return train_by(momentum(m, 0.5), m, nn::MSELoss(), bends(1000, 300, 8, 0.2, s), {.epochs = 8}, s); }},
      {"wave, L1, linear", "underfitting", [](std::uint64_t s) {
         const auto m = network(1, 0, 1, s);
         return train_by(optim::Adam(m.parameters(), {.lr = 1e-2}), m, nn::L1Loss(), waves(500, 300, 0.1, s),
                         {.epochs = 20}, s); }},
      {"square, linear", "underfitting", [](std::uint64_t s) {
         const auto square = [](const Tensor& x, const Tensor&) { return x * x; };
         return regress(with_targets(waves(500, 200, 0, s), square), 1, 0, {.epochs = 20, .lr = 1e-2}, s); }},
      {"sine, linear", "underfitting", [](std::uint64_t s) {
         const auto sine = [](const Tensor& x, const Tensor&) { return sin(x); };
         return regress(with_targets(waves(500, 200, 0, s), sine), 1, 0, {.epochs = 30, .lr = 1e-2}, s); }},
      {"values without meaning, linear", "underfitting", [](std::uint64_t s) {
         return regress(random_values(3000, 500, 6, s), 6, 0, {.epochs = 12, .lr = 1e-2}, s); }},
      {"values without meaning, 40 memorized", "overfitting", [](std::uint64_t s) {
         const auto m = smooth(6, 64, 1, s);
         return train_by(optim::Adam(m.parameters(), {.lr = 3e-3}), m, nn::MSELoss(), random_values(40, 200, 6, s),
                         {.epochs = 200, .batch_size = 10}, s); }},
      {"labels without meaning, 10 classes", "overfitting", [](std::uint64_t s) {
         return classify(random_labels(300, 500, 10, 20, s), 20, 64, 10, {.epochs = 40}, s); }},
      {"overlapping clouds, large model", "overfitting", [](std::uint64_t s) {
         return classify(clouds(200, 500, 3, 10, 2.0, s), 10, 256, 3, {.epochs = 60, .lr = 3e-3}, s); }},
      {"clouds, stopped early", "fitting", [](std::uint64_t s) {
         return classify(clouds(2000, 800, 4, 10, 0.7, s), 10, 16, 4, {.epochs = 60, .lr = 5e-3, .patience = 4}, s); }},
      {"clouds, weight decay", "fitting", [](std::uint64_t s) {
         const auto m = network(10, 64, 4, s);
         return train_by(optim::AdamW(m.parameters(), {.lr = 3e-3, .weight_decay = 0.1}), m, nn::CrossEntropyLoss(),
                         clouds(1000, 500, 4, 10, 0.7, s), {.epochs = 20}, s); }},
      {"clouds, 8 samples of each set", "undecided", [](std::uint64_t s) {
         return classify(clouds(8, 8, 3, 10, 0.5, s), 10, 16, 3, {.epochs = 20, .lr = 1e-2, .batch_size = 4}, s); }},
      {"digits, stopped early", "fitting", [](std::uint64_t s) {
         return classify(digits(8000, 1000, s), 784, 64, 10, {.epochs = 12, .batch_size = 64, .patience = 3}, s); }},
      {"digits, 300 samples, 60 epochs", "overfitting", [](std::uint64_t s) {
         return classify(digits(300, 1000, s), 784, 256, 10, {.epochs = 60, .batch_size = 20}, s); }},
      {"digits, 300 samples, stopped early", "overfitting", [](std::uint64_t s) {
         return classify(digits(300, 1000, s), 784, 256, 10, {.epochs = 200, .batch_size = 20, .patience = 10}, s); }},
      {"digits, Adam, lr 0.5", "diverged", [](std::uint64_t s) {
         return classify(digits(500, 300, s), 784, 32, 10, {.epochs = 8, .lr = 0.5}, s); }},
      {"digits, lr too low", "undecided", [](std::uint64_t s) {
         return classify(digits(1000, 500, s), 784, 32, 10, {.epochs = 5, .lr = 1e-3, .sgd = true}, s); }},
  };
}

std::vector<VerdictCase> fashion_cases() {
  if (!std::filesystem::exists(fashion_folder)) return {};
  return {
      {"Fashion-MNIST, 2000 samples, 40 epochs", "overfitting", [](std::uint64_t s) {
         return classify(fashion(2000, 1000, s), 784, 128, 10, {.epochs = 40}, s); }},
      {"Fashion-MNIST, 60 samples", "overfitting", [](std::uint64_t s) {
         return classify(fashion(60, 500, s), 784, 64, 10, {.epochs = 40, .batch_size = 10}, s); }},
      {"Fashion-MNIST, random labels", "overfitting", [](std::uint64_t s) {
         return classify(with_random_labels(fashion(300, 500, s), s), 784, 128, 10, {.epochs = 60}, s); }},
      {"Fashion-MNIST, random labels, 4 hidden units", "underfitting", [](std::uint64_t s) {
         return classify(with_random_labels(fashion(3000, 500, s), s), 784, 4, 10, {}, s); }},
      {"Fashion-MNIST, 1 hidden unit", "underfitting", [](std::uint64_t s) {
         return classify(fashion(2000, 1000, s), 784, 1, 10, {.epochs = 15}, s); }},
      {"Fashion-MNIST, 6000 samples, 8 epochs", "fitting", [](std::uint64_t s) {
         return classify(fashion(6000, 2000, s), 784, 64, 10, {.epochs = 8}, s); }},
      {"Fashion-MNIST, BatchNorm, dropout, smoothing", "fitting", [](std::uint64_t s) {
         const auto m = normalized(784, 64, 10, s);
         return train_by(optim::AdamW(m.parameters(), {.lr = 2e-3}), m, nn::CrossEntropyLoss({.label_smoothing = 0.1}),
                         fashion(6000, 2000, s), {.epochs = 8, .batch_size = 64}, s); }},
      {"Fashion-MNIST, SGD, lr 30", "diverged", [](std::uint64_t s) {
         return classify(fashion(2000, 500, s), 784, 64, 10, {.epochs = 5, .lr = 30, .sgd = true}, s); }},
      {"Fashion-MNIST, Adam, lr 1", "diverged", [](std::uint64_t s) {
         return classify(fashion(2000, 500, s), 784, 64, 10, {.epochs = 5, .lr = 1}, s); }},
      {"Fashion-MNIST, 1 epoch", "undecided", [](std::uint64_t s) {
         return classify(fashion(2000, 1000, s), 784, 64, 10, {.epochs = 1}, s); }},
  };
}
// clang-format on

// ---- the table ---------------------------------------------------------------------------------------------------

/// Returns the number of wrong verdicts.
int study(const char* title, const std::vector<VerdictCase>& cases, int seeds) {
  int wrong = 0;
  std::printf("%s\n", title);
  for (const VerdictCase& c : cases) {
    std::map<std::string, int> counts;
    std::string example;
    for (int seed = 0; seed < seeds; ++seed) {
      const std::string verdict = c.run(static_cast<std::uint64_t>(seed)).verdict();
      const std::string word = verdict.substr(0, verdict.find_first_of(" :"));
      ++counts[word];
      if (word == c.expected) continue;
      ++wrong;
      example = "      seed " + std::to_string(seed) + ": " + verdict + "\n";
    }
    std::printf("  %-46s %-13s", c.name.c_str(), c.expected.c_str());
    for (const auto& [word, n] : counts) std::printf(" %3d %s", n, word.c_str());
    std::printf("\n%s", example.c_str());
    std::fflush(stdout);
  }
  std::printf("  %d wrong of %d\n", wrong, seeds * static_cast<int>(cases.size()));
  return wrong;
}

}  // namespace
}  // namespace xtape::testing

int main(int argc, char** argv) {
  using namespace xtape::testing;
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 10;
  const int wrong = study("planted", planted_cases(), seeds);
  study("others", other_cases(), seeds);
  study("Fashion-MNIST", fashion_cases(), seeds);
  return wrong != 0;
}
