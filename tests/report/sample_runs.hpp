// Histories and evaluations for tests of the report, made by hand.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "xtape/xtape.hpp"

namespace xtape::testing {

/// Training loss falls, validation loss turns at half of the epochs, accuracies saturate.
inline train::HistoryData classification_run(std::int64_t epochs) {
  train::HistoryData d;
  for (std::int64_t e = 1; e <= epochs; ++e) {
    const double t = static_cast<double>(e) / static_cast<double>(epochs),
                 wave = 0.01 * std::sin(2.3 * static_cast<double>(e));
    train::EpochRecord r;
    r.epoch = e;
    r.train_loss = 0.12 + 1.4 * std::exp(-6 * t) + wave;
    r.train_accuracy = 0.96 - 0.45 * std::exp(-6 * t) + wave / 4;
    r.train_eval_loss = 0.07 + 1.2 * std::exp(-6.5 * t) + wave / 2;
    r.train_eval_accuracy = 0.975 - 0.4 * std::exp(-6.5 * t) + wave / 5;
    r.validation_loss = 0.33 + 1.15 * std::exp(-7 * t) + 0.35 * std::max(0.0, t - 0.45) + 2 * wave;
    r.validation_accuracy = 0.9 - 0.38 * std::exp(-7 * t) + wave / 2;
    r.lr = 0.0005 * (1 + std::cos(3.14159265 * t));
    r.seconds = 3.21 + wave;
    r.steps = 844 * e;
    r.gap = r.train_eval_accuracy - r.validation_accuracy;
    r.gap_low = r.gap - 0.012;
    r.gap_high = r.gap + 0.012;
    d.epochs.push_back(r);
  }
  d.stop_reason = "all epochs are done";
  d.training_samples = 54000;
  d.validation_samples = 6000;
  d.train_eval_samples = 6000;
  d.classes = 10;
  d.first_loss = 2.31;
  d.majority_share = 0.1;
  return d;
}

/// Losses alone, and of training alone.
inline train::HistoryData regression_run(std::int64_t epochs) {
  train::HistoryData d;
  for (std::int64_t e = 1; e <= epochs; ++e) {
    train::EpochRecord r;
    r.epoch = e;
    r.train_loss = 4 / static_cast<double>(e);
    r.lr = 0.1;
    r.seconds = 0.02;
    r.steps = 10 * e;
    d.epochs.push_back(r);
  }
  d.stop_reason = "all epochs are done";
  d.training_samples = 320;
  d.first_loss = 5;
  return d;
}

/// The loss explodes and is NaN at last.
inline train::HistoryData diverged_run() {
  train::HistoryData d = classification_run(12);
  for (std::size_t i = 7; i < 12; ++i) d.epochs[i].train_loss *= std::pow(40.0, static_cast<double>(i) - 6);
  d.epochs[10].validation_loss = std::numeric_limits<double>::infinity();
  d.epochs[11].train_loss = d.epochs[11].validation_loss = std::numeric_limits<double>::quiet_NaN();
  d.cause = train::StopCause::not_finite;
  d.stop_reason = "the loss was not finite in epoch 13, step 10129: log";
  return d;
}

/// Fashion-MNIST's.
inline std::vector<std::string> clothes() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

/// A picture of (channels, side, side) for class c: a disc whose place and size depend on the class.
inline Tensor disc(std::int64_t c, std::int64_t channels, std::int64_t side, Generator& g) {
  std::vector<float> values;
  const double cx = 0.3 + 0.04 * static_cast<double>(c), cy = 0.35 + 0.03 * static_cast<double>(c * 7 % 10);
  const Tensor noise = rand({channels * side * side}, {.generator = &g});
  for (std::int64_t i = 0; i < channels * side * side; ++i) {
    const double y = static_cast<double>(i / side % side) / static_cast<double>(side) - cy;
    const double x = static_cast<double>(i % side) / static_cast<double>(side) - cx;
    const double inside = std::hypot(x, y) < 0.12 + 0.02 * static_cast<double>(c) ? 0.75 : 0.05;
    values.push_back(static_cast<float>(inside + 0.2 * noise[i].item<float>()));
  }
  return tensor(values, {channels, side, side});
}

/// Gives each sample the logits that were written into its first numbers.
struct WrittenLogits : nn::Module {
  explicit WrittenLogits(std::int64_t classes) : classes_(classes) {}
  Tensor forward(const Tensor& x) const { return narrow(x.reshape({x.size(0), -1}), 1, 0, classes_); }

 private:
  std::int64_t classes_;
};

/// Answers of a model that is right in most cases, and wrong mostly with the next class, about `n` random inputs of
/// `shape`, whose first numbers are the logits.
inline train::Evaluation evaluation_of(std::int64_t n, const Shape& shape, const std::vector<std::string>& classes,
                                       std::uint64_t seed = 1) {
  Generator g(seed);
  const auto c = static_cast<std::int64_t>(classes.size());
  const Tensor targets = randint(c, {n}, {.generator = &g});
  const Tensor next = (targets + 1) * (targets < c - 1).to(int64);
  const Tensor flat = rand({n, shape.numel()}, {.generator = &g});
  const Tensor logits = 2 * rand({n, c}, {.generator = &g}) +
                        3 * one_hot(targets, c).to(float32) * rand({n, 1}, {.generator = &g}) +
                        1.5 * one_hot(next, c).to(float32) * rand({n, 1}, {.generator = &g});
  const Tensor inputs = cat({logits, narrow(flat, 1, c, shape.numel() - c)}, 1);
  std::vector<std::int64_t> extents{n};
  for (const std::int64_t extent : shape) extents.push_back(extent);
  return train::evaluate(WrittenLogits(c), nn::CrossEntropyLoss(),
                         data::TensorDataset(inputs.reshape(Shape(extents.begin(), extents.end())), targets),
                         {.classes = classes});
}

}  // namespace xtape::testing
