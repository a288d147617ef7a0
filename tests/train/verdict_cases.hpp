// Trainings with a planted fault, or with none, so that we know the right verdict: of classifiers and of regressions.
// The tests run each with one seed, the study with many.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::testing {

struct VerdictCase {
  std::string name;
  std::string expected;  // the verdict's first word
  std::function<train::History(std::uint64_t seed)> run;
};

struct Split {
  data::Dataset training, validation;
};

// ---- data --------------------------------------------------------------------------------------------------------

/// Normal clouds in `dims` dimensions around one center for each class.
inline data::TensorDataset cloud(std::int64_t n, const Tensor& centers, double spread, Generator& g) {
  const Tensor y = randint(centers.size(0), {n}, {.generator = &g});
  return {centers.index_select(0, y) + spread * randn({n, centers.size(1)}, {.generator = &g}), y};
}
inline Split clouds(std::int64_t n, std::int64_t held_out, std::int64_t classes, std::int64_t dims, double spread,
                    std::uint64_t seed) {
  Generator g(seed);
  const Tensor centers = randn({classes, dims}, {.generator = &g});
  return {cloud(n, centers, spread, g), cloud(held_out, centers, spread, g)};
}

/// Labels that have nothing to do with the inputs.
inline data::TensorDataset unrelated(std::int64_t n, std::int64_t classes, std::int64_t dims, Generator& g) {
  return {randn({n, dims}, {.generator = &g}), randint(classes, {n}, {.generator = &g})};
}
inline Split random_labels(std::int64_t n, std::int64_t held_out, std::int64_t classes, std::int64_t dims,
                           std::uint64_t seed) {
  Generator g(seed);
  return {unrelated(n, classes, dims, g), unrelated(held_out, classes, dims, g)};
}
inline data::TensorDataset noise(std::int64_t n, std::int64_t dims, Generator& g) {
  return {randn({n, dims}, {.generator = &g}), randn({n, 1}, {.generator = &g})};
}
inline Split random_values(std::int64_t n, std::int64_t held_out, std::int64_t dims, std::uint64_t seed) {
  Generator g(seed);
  return {noise(n, dims, g), noise(held_out, dims, g)};
}

/// Whether two numbers have the same sign, which no linear model tells.
inline data::TensorDataset same_signs(std::int64_t n, Generator& g) {
  const Tensor x = randn({n, 2}, {.generator = &g});
  return {x, (x.prod(1) > 0).to(int64)};
}
inline Split signs(std::int64_t n, std::int64_t held_out, std::uint64_t seed) {
  Generator g(seed);
  return {same_signs(n, g), same_signs(held_out, g)};
}

/// sin(2 x) on [-3, 3), and noise.
inline data::TensorDataset wave(std::int64_t n, double noise, Generator& g) {
  const Tensor x = 6 * rand({n, 1}, {.generator = &g}) - 3;
  return {x, sin(2 * x) + noise * randn({n, 1}, {.generator = &g})};
}
inline Split waves(std::int64_t n, std::int64_t held_out, double noise, std::uint64_t seed) {
  Generator g(seed);
  return {wave(n, noise, g), wave(held_out, noise, g)};
}

/// A line in `dims` dimensions with a bend, and noise.
inline data::TensorDataset bent(std::int64_t n, const Tensor& direction, double noise, Generator& g) {
  const Tensor x = randn({n, direction.size(0)}, {.generator = &g});
  const Tensor t = matmul(x, direction);
  return {x, t + relu(t) + noise * randn({n, 1}, {.generator = &g})};
}
inline Split bends(std::int64_t n, std::int64_t held_out, std::int64_t dims, double noise, std::uint64_t seed) {
  Generator g(seed);
  const Tensor any = randn({dims, 1}, {.generator = &g}), direction = any / norm(any);
  return {bent(n, direction, noise, g), bent(held_out, direction, noise, g)};
}

inline Split digits(std::int64_t n, std::int64_t held_out, std::uint64_t seed) {
  return {data::digits(n, 2 * seed), data::digits(held_out, 2 * seed + 1)};
}

// ---- training ----------------------------------------------------------------------------------------------------

struct Recipe {
  std::int64_t epochs = 10;
  double lr = 1e-3;
  std::int64_t batch_size = 32;
  std::int64_t patience = 0;
  bool sgd = false;  // else Adam
};

template <train::Criterion C>
train::History train_with(const nn::Sequential& model, const C& criterion, const Split& split, const Recipe& recipe,
                          std::uint64_t seed) {
  optim::Adam adam(model.parameters(), {.lr = recipe.lr});
  optim::SGD sgd(model.parameters(), {.lr = recipe.lr});
  optim::Optimizer& optimizer = recipe.sgd ? static_cast<optim::Optimizer&>(sgd) : adam;
  train::Trainer trainer(model, criterion, optimizer,
                         {.epochs = recipe.epochs,
                          .batch_size = recipe.batch_size,
                          .seed = seed,
                          .early_stopping = {.patience = recipe.patience}});
  return trainer.fit(split.training, split.validation);
}

/// A network with one hidden layer, or a linear model.
inline nn::Sequential network(std::int64_t in, std::int64_t hidden, std::int64_t out, std::uint64_t seed) {
  manual_seed(seed);
  if (hidden == 0) return nn::Sequential{nn::Flatten(), nn::Linear(in, out)};
  return nn::Sequential{nn::Flatten(), nn::Linear(in, hidden), nn::ReLU(), nn::Linear(hidden, out)};
}

inline train::History classify(const Split& split, std::int64_t in, std::int64_t hidden, std::int64_t classes,
                               const Recipe& recipe, std::uint64_t seed) {
  return train_with(network(in, hidden, classes, seed), nn::CrossEntropyLoss(), split, recipe, seed);
}
inline train::History regress(const Split& split, std::int64_t in, std::int64_t hidden, const Recipe& recipe,
                              std::uint64_t seed) {
  return train_with(network(in, hidden, 1, seed), nn::MSELoss(), split, recipe, seed);
}

inline std::vector<VerdictCase> planted_cases() {
  // clang-format off
  return {
      {"random labels, memorized", "overfitting", [](std::uint64_t s) {
         return classify(random_labels(200, 500, 4, 20, s), 20, 128, 4, {.epochs = 60, .lr = 3e-3}, s); }},
      {"random labels, too many for the model", "underfitting", [](std::uint64_t s) {
         return classify(random_labels(3000, 1000, 4, 8, s), 8, 0, 4, {.epochs = 12, .lr = 1e-2}, s); }},
      {"random values, memorized", "overfitting", [](std::uint64_t s) {
         return regress(random_values(100, 300, 10, s), 10, 128, {.epochs = 80, .lr = 5e-3}, s); }},
      {"tiny training set, digits", "overfitting", [](std::uint64_t s) {
         return classify(digits(30, 300, s), 784, 32, 10, {.epochs = 25, .lr = 3e-3, .batch_size = 10}, s); }},
      {"tiny training set, bend", "overfitting", [](std::uint64_t s) {
         return regress(bends(15, 300, 12, 0.2, s), 12, 64, {.epochs = 100, .lr = 5e-3, .batch_size = 5}, s); }},
      {"model too small, signs", "underfitting", [](std::uint64_t s) {
         return classify(signs(500, 300, s), 2, 0, 2, {.epochs = 15, .lr = 1e-2}, s); }},
      {"model too small, digits", "underfitting", [](std::uint64_t s) {
         return classify(digits(500, 300, s), 784, 1, 10, {.epochs = 20, .lr = 3e-3}, s); }},
      {"model too small, wave", "underfitting", [](std::uint64_t s) {
         return regress(waves(500, 300, 0.1, s), 1, 0, {.epochs = 15, .lr = 1e-2}, s); }},
      {"rate too high, digits", "diverged", [](std::uint64_t s) {
         return classify(digits(300, 200, s), 784, 32, 10, {.epochs = 6, .lr = 20, .sgd = true}, s); }},
      {"rate too high, clouds", "diverged", [](std::uint64_t s) {
         return classify(clouds(500, 300, 4, 10, 0.5, s), 10, 32, 4, {.epochs = 8, .lr = 1e3, .sgd = true}, s); }},
      {"rate too high, bend", "diverged", [](std::uint64_t s) {
         return regress(bends(500, 300, 8, 0.1, s), 8, 32, {.epochs = 8, .lr = 2, .sgd = true}, s); }},
      {"good fit, digits", "fitting", [](std::uint64_t s) {
         return classify(digits(5000, 500, s), 784, 32, 10, {.epochs = 6, .lr = 3e-3}, s); }},
      {"good fit, clouds", "fitting", [](std::uint64_t s) {
         return classify(clouds(1000, 500, 4, 10, 0.5, s), 10, 16, 4, {.epochs = 12, .lr = 5e-3}, s); }},
      {"good fit, bend", "fitting", [](std::uint64_t s) {
         return regress(bends(2000, 500, 8, 0.3, s), 8, 32, {.epochs = 12, .lr = 3e-3}, s); }},
      {"good fit, wave", "fitting", [](std::uint64_t s) {
         return regress(waves(1000, 400, 0.1, s), 1, 64, {.epochs = 100, .lr = 1e-2}, s); }},
      {"too short to tell, digits", "undecided", [](std::uint64_t s) {
         return classify(digits(500, 300, s), 784, 32, 10, {.epochs = 1}, s); }},
      {"too short to tell, two epochs of digits", "undecided", [](std::uint64_t s) {
         return classify(digits(500, 300, s), 784, 32, 10, {.epochs = 2}, s); }},
      {"too short to tell, wave", "undecided", [](std::uint64_t s) {
         return regress(waves(500, 300, 0.1, s), 1, 32, {.epochs = 2}, s); }},
      {"too little data to tell, clouds", "undecided", [](std::uint64_t s) {
         return classify(clouds(40, 10, 3, 10, 0.5, s), 10, 16, 3, {.epochs = 15, .lr = 5e-3, .batch_size = 8}, s); }},
  };
  // clang-format on
}

}  // namespace xtape::testing
