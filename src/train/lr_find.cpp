// The learning rate range test. Whatever its steps change is kept in a Before, which brings it back.
#include "xtape/train/lr_find.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/fail.hpp"
#include "train/modes.hpp"
#include "train/weights.hpp"

namespace xtape::train {

namespace {

constexpr const char* finder = "lr_find";

std::vector<Tensor> parameters_of(const nn::Module& model, const optim::Optimizer& optimizer) {
  std::vector<Tensor> all = model.parameters();
  for (Tensor& p : optimizer.parameters()) all.push_back(std::move(p));  // most of them again; those of the criterion
  return all;
}

std::vector<Tensor> tensors_of(const nn::Module& model, const optim::Optimizer& optimizer) {
  std::vector<Tensor> all = parameters_of(model, optimizer);
  for (Tensor& b : model.buffers()) all.push_back(std::move(b));
  return all;
}

/// What lr_find() leaves as it was.
class Before {
 public:
  /// Takes the gradients away, so that no backward adds to them.
  Before(const nn::Module& model, optim::Optimizer& optimizer)
      : optimizer_(optimizer), state_(optimizer.state_dict()), modes_(model), tensors_(tensors_of(model, optimizer)) {
    for (const optim::Scheduled& group : optimizer.scheduled()) lrs_.push_back(*group.lr);
    for (const Tensor& p : parameters_of(model, optimizer)) gradients_.emplace_back(p, p.grad());
    for (const auto& [p, gradient] : gradients_) p.set_grad(Tensor());
  }
  void bring_back() {
    tensors_.bring_back();
    for (const auto& [p, gradient] : gradients_) p.set_grad(gradient);
    optimizer_.load_state_dict(state_);
    const std::vector<optim::Scheduled> groups = optimizer_.scheduled();
    for (std::size_t g = 0; g < groups.size(); ++g) *groups[g].lr = lrs_[g];
  }
  /// Of the groups.
  const std::vector<double>& lrs() const noexcept { return lrs_; }

 private:
  optim::Optimizer& optimizer_;
  const StateDict state_;
  const ModeGuard modes_;
  const GeneratorGuard generator_;
  const TensorsCopy tensors_;
  std::vector<double> lrs_;
  std::vector<std::pair<Tensor, Tensor>> gradients_;
};

void check(const LrFindOptions& o) {
  if (!(o.start_lr > 0 && std::isfinite(o.start_lr))) {
    fail<ValueError>(finder, "start_lr = {}; expected a finite number > 0", o.start_lr);
  }
  if (!(o.end_lr > o.start_lr && std::isfinite(o.end_lr))) {
    fail<ValueError>(finder, "end_lr = {}; expected a finite number above start_lr = {}", o.end_lr, o.start_lr);
  }
  if (o.steps < 2) fail<ValueError>(finder, "steps = {}; expected at least 2", o.steps);
}

/// The sweep itself.
class Finder {
 public:
  Finder(const detail::Objective& objective, optim::Optimizer& optimizer, const std::vector<double>& lrs,
         const LrFindOptions& options)
      : objective_(objective), optimizer_(optimizer), lrs_(lrs), options_(options) {}

  LrSweep run(const data::DataLoader& loader) {
    objective_.module().train();
    std::size_t before = 0;
    do {
      before = sweep_.lr.size();
      for (const data::Batch& batch : loader) {
        if (!add(batch) || is_done()) return sweep_;
      }
    } while (sweep_.lr.size() > before);  // else no target of an epoch counts
    return sweep_;
  }

 private:
  bool is_done() const { return static_cast<std::int64_t>(sweep_.lr.size()) == options_.steps; }
  bool add(const data::Batch& batch);
  void set_lr(double lr) const;

  const detail::Objective& objective_;
  optim::Optimizer& optimizer_;
  const std::vector<double>& lrs_;
  const LrFindOptions& options_;
  LrSweep sweep_;
  double average_ = 0, weight_ = 0, lowest_ = 0;
};

/// The first group gets this lr, and the others keep their ratio to it.
void Finder::set_lr(double lr) const {
  const std::vector<optim::Scheduled> groups = optimizer_.scheduled();
  for (std::size_t g = 0; g < groups.size(); ++g) *groups[g].lr = lrs_[0] > 0 ? lr * (lrs_[g] / lrs_[0]) : lr;
}

/// False if the loss has exploded: then no step is made.
bool Finder::add(const data::Batch& batch) {
  const Tensor output = objective_.output(batch.x);
  if (const nn::Loss* parts = objective_.parts(); parts && parts->denominator(output, batch.y) == 0) return true;
  const Tensor loss = objective_.loss(output, batch.y);
  const double value = loss.item();
  if (!std::isfinite(value)) return false;

  constexpr double decay = 0.85, explosion = 4;
  average_ = decay * average_ + (1 - decay) * value;
  weight_ = decay * weight_ + (1 - decay);
  const double smoothed = average_ / weight_;
  lowest_ = sweep_.lr.empty() ? smoothed : std::min(lowest_, smoothed);
  if (smoothed > lowest_ + (explosion - 1) * std::abs(lowest_)) return false;

  const double done = static_cast<double>(sweep_.lr.size()) / static_cast<double>(options_.steps - 1);
  const double lr = options_.start_lr * std::pow(options_.end_lr / options_.start_lr, done);
  set_lr(lr);
  optimizer_.zero_grad();
  loss.backward();
  optimizer_.step();
  sweep_.lr.push_back(lr);
  sweep_.loss.push_back(value);
  sweep_.smoothed.push_back(smoothed);
  return true;
}

}  // namespace

double LrSweep::suggestion() const {
  const std::size_t n = smoothed.size(), tenth = std::max<std::size_t>(n / 10, 1);
  const auto lowest = static_cast<std::size_t>(std::min_element(smoothed.begin(), smoothed.end()) - smoothed.begin());
  std::size_t steepest = 0;
  double slope = 0;
  for (std::size_t i = 2 * tenth; i + tenth <= lowest; ++i) {
    const double change = smoothed[i + tenth] - smoothed[i - tenth];
    if (change < slope) {
      slope = change;
      steepest = i;
    }
  }
  if (steepest == 0) {
    fail<ValueError>("LrSweep", "the loss falls nowhere in {} steps; try another start_lr and end_lr", n);
  }
  return lr[steepest];
}

namespace detail {

LrSweep lr_find(const Objective& objective, optim::Optimizer& optimizer, const DataSource& training,
                const LrFindOptions& options) {
  check(options);
  if (!training.defined()) fail<ValueError>(finder, "there is no training data");
  const data::DataLoader given =
      training.loader({.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
  if (given.size() == 0) fail<ValueError>(finder, "the training data has no batches");
  const data::DataLoader loader(given.dataset(), given.options());  // whose place is its own
  Before before(objective.module(), optimizer);
  try {
    LrSweep sweep = Finder(objective, optimizer, before.lrs(), options).run(loader);
    before.bring_back();
    return sweep;
  } catch (...) {
    before.bring_back();
    throw;
  }
}

}  // namespace detail
}  // namespace xtape::train
