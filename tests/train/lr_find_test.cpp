#include "xtape/train/lr_find.hpp"

#include <limits>
#include <memory>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "train/verdict_cases.hpp"

namespace xtape::train {
namespace {

using testing::expect_errors;
using testing::network;

nn::Sequential with_every_state() {
  manual_seed(3);
  return nn::Sequential{nn::Linear(10, 16), nn::BatchNorm1d(16), nn::ReLU(), nn::Dropout(0.3), nn::Linear(16, 4)};
}

/// All that a sweep must leave alone.
struct Snapshot {
  Snapshot(const nn::Module& model, const optim::Optimizer& optimizer, const data::DataLoader& loader)
      : weights(clone(model.state_dict())), state(optimizer.state_dict()), place(loader.state_dict()) {
    for (const Tensor& p : model.parameters()) gradients.push_back(p.grad().defined() ? p.grad().clone() : Tensor());
    for (const auto& m : model.named_modules()) modes.push_back(m.module->is_training());
  }
  StateDict weights, state, place;
  std::vector<Tensor> gradients;
  std::vector<bool> modes;
  Generator::State generator = default_generator().state();
};

void expect_same(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(equal(tensor, b.at(name))) << name;
}
void expect_same(const Snapshot& a, const Snapshot& b) {
  expect_same(a.weights, b.weights);
  expect_same(a.state, b.state);
  expect_same(a.place, b.place);
  ASSERT_EQ(a.gradients.size(), b.gradients.size());
  for (std::size_t i = 0; i < a.gradients.size(); ++i) {
    ASSERT_TRUE(a.gradients[i].defined() && b.gradients[i].defined()) << i;
    EXPECT_TRUE(equal(a.gradients[i], b.gradients[i])) << i;
  }
  EXPECT_EQ(a.modes, b.modes);
  EXPECT_EQ(a.generator, b.generator);
}

/// Runs f in the middle of a training, and expects the same state afterwards.
void expect_unchanged(const auto& f) {
  const nn::Sequential model = with_every_state();
  optim::Adam optimizer(model.parameters(), {.lr = 1e-3});
  data::DataLoader loader(testing::clouds(200, 10, 4, 10, 0.5, 0).training, {.batch_size = 16, .shuffle = true});
  const nn::CrossEntropyLoss criterion;
  int step = 0;
  for (auto [x, y] : loader) {
    optimizer.zero_grad();
    criterion(model(x), y).backward();
    optimizer.step();
    if (++step == 5) break;
  }
  model[1].eval();
  const Snapshot before(model, optimizer, loader);
  f(model, optimizer, loader);
  expect_same(before, Snapshot(model, optimizer, loader));
}

TEST(LrFind, LeavesEverythingAsItWas) {
  expect_unchanged([](const nn::Sequential& model, optim::Optimizer& optimizer, const data::DataLoader& loader) {
    EXPECT_GT(lr_find(model, nn::CrossEntropyLoss(), optimizer, loader).lr.size(), 50u);
  });
}

TEST(LrFind, LeavesEverythingAsItWasWhenItThrows) {
  expect_unchanged([](const nn::Sequential& model, optim::Optimizer& optimizer, const data::DataLoader& loader) {
    auto calls = std::make_shared<int>(0);
    const auto criterion = [calls](const Tensor& output, const Tensor& target) {
      if (++*calls == 20) throw std::runtime_error("from the criterion");
      return cross_entropy(output, target);
    };
    EXPECT_THROW(lr_find(model, criterion, optimizer, loader), std::runtime_error);
    EXPECT_EQ(*calls, 20);
  });
}

TEST(LrFind, AnOptimizerThatHasNotSteppedStaysFresh) {
  const data::Dataset dataset = testing::clouds(100, 10, 4, 10, 0.5, 0).training;
  const nn::Sequential swept = with_every_state(), other = with_every_state();
  optim::Adam a(swept.parameters(), {.lr = 1e-3}), b(other.parameters(), {.lr = 1e-3});
  manual_seed(7);
  lr_find(swept, nn::CrossEntropyLoss(), a, dataset);
  for (const auto& [model, optimizer] : {std::pair(&swept, &a), std::pair(&other, &b)}) {
    manual_seed(7);
    const auto batch = dataset.batch(std::vector<std::int64_t>{0, 1, 2, 3});
    cross_entropy((*model)(batch.x), batch.y).backward();
    optimizer->step();
  }
  expect_same(swept.state_dict(), other.state_dict());
}

TEST(LrFind, TheRatesGrowByTheSameFactorAndGroupsKeepTheirRatios) {
  manual_seed(0);
  const nn::Linear model(10, 4);
  optim::SGD optimizer({{{model.weight}, {.lr = 0.1}}, {{model.bias}, {.lr = 0.02}}});
  std::vector<double> second;
  const auto criterion = [&](const Tensor& output, const Tensor& target) {
    second.push_back(optimizer.param_groups()[1].options.lr);
    return cross_entropy(output, target);
  };
  const LrSweep sweep = lr_find(model, criterion, optimizer, testing::clouds(50, 10, 4, 10, 0.5, 0).training,
                                {.start_lr = 1e-4, .end_lr = 1e-2, .steps = 5, .batch_size = 10});
  ASSERT_EQ(sweep.lr.size(), 5u);
  testing::expect_close(tensor(sweep.lr), {1e-4, std::pow(10, -3.5), 1e-3, std::pow(10, -2.5), 1e-2}, 1e-8);
  testing::expect_close(tensor(second), {0.02, 0.2e-4, 0.2 * std::pow(10, -3.5), 0.2e-3, 0.2 * std::pow(10, -2.5)},
                        1e-8);
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, 0.1);
  EXPECT_EQ(optimizer.param_groups()[1].options.lr, 0.02);
}

TEST(LrFind, TheSmoothedLossIsAnAverageWithoutTheBiasOfItsStart) {
  manual_seed(0);
  const nn::Linear model(10, 4);
  optim::SGD optimizer(model.parameters(), {.lr = 1});
  const LrSweep sweep =
      lr_find(model, nn::CrossEntropyLoss(), optimizer, testing::clouds(50, 10, 4, 10, 0.5, 0).training,
              {.end_lr = 1e-6, .steps = 3, .batch_size = 10});
  const std::vector<double>& l = sweep.loss;
  testing::expect_close(tensor(sweep.smoothed),
                        {l[0], (0.85 * l[0] + l[1]) / 1.85, (0.85 * 0.85 * l[0] + 0.85 * l[1] + l[2]) / 2.5725}, 1e-6);
}

TEST(LrFind, EndsWhereTheLossExplodes) {
  manual_seed(0);
  const nn::Linear model(1, 1);
  optim::SGD optimizer(model.parameters(), {.lr = 1});
  const data::Dataset line = testing::bends(200, 1, 1, 0.1, 0).training;
  const LrSweep sweep = lr_find(model, nn::MSELoss(), optimizer, line, {.end_lr = 1e6});
  EXPECT_LT(sweep.lr.size(), 90u);
  const double lowest = *std::min_element(sweep.smoothed.begin(), sweep.smoothed.end());
  EXPECT_LE(sweep.smoothed.back(), 4 * lowest);
}

// ---- the suggestion ----------------------------------------------------------------------------------------------

TEST(LrSweep, SuggestsWhereTheSmoothedLossFallsFastest) {
  LrSweep sweep;
  for (int i = 0; i < 100; ++i) {
    sweep.lr.push_back(std::pow(10, 0.08 * i - 7));
    sweep.smoothed.push_back(i < 80 ? 2 - std::tanh((i - 50) / 8.0) : 1 + 0.1 * (i - 80));
  }
  EXPECT_EQ(sweep.suggestion(), sweep.lr[50]);
}

TEST(LrSweep, LeavesOutTheNoiseOfTheStartAndTheRecoveryFromAnExplosion) {
  LrSweep sweep;
  for (int i = 0; i < 100; ++i) {
    sweep.lr.push_back(i);
    sweep.smoothed.push_back(i < 5 ? 9 : i < 60 ? 3 - 0.01 * i : i < 80 ? 20 : 4);
  }
  EXPECT_GT(sweep.suggestion(), 19);
  EXPECT_LT(sweep.suggestion(), 60);
}

struct SweepProblem {
  const char* name;
  bool is_regression;
  testing::Split (*data)(std::uint64_t seed);
};
const SweepProblem sweep_problems[] = {
    {"clouds", false, [](std::uint64_t seed) { return testing::clouds(1000, 300, 4, 10, 0.7, seed); }},
    {"bend", true, [](std::uint64_t seed) { return testing::bends(1000, 300, 8, 0.2, seed); }}};

void expect_a_good_suggestion(const SweepProblem& problem, std::uint64_t seed, const auto& criterion) {
  SCOPED_TRACE(std::string(problem.name) + ", seed " + std::to_string(seed));
  const testing::Split split = problem.data(seed);
  const auto make = [&] { return network(problem.is_regression ? 8 : 10, 32, problem.is_regression ? 1 : 4, seed); };
  const nn::Sequential model = make();
  optim::SGD optimizer(model.parameters(), {.lr = 1});
  const LrSweep sweep = lr_find(model, criterion, optimizer, split.training, {.batch_size = 32, .seed = seed});
  const auto loss_with = [&](double lr) {
    const History h = testing::train_with(make(), criterion, split, {.epochs = 4, .lr = lr, .sgd = true}, seed);
    return h.stop_cause() == StopCause::not_finite ? std::numeric_limits<double>::infinity() : h[3].validation_loss;
  };
  const double first = evaluate(model, criterion, split.validation).loss;
  EXPECT_LT(loss_with(sweep.suggestion()), 0.2 * first) << "lr " << sweep.suggestion();
  EXPECT_GT(loss_with(10 * sweep.lr.back()), first) << "lr " << 10 * sweep.lr.back();
}

TEST(LrFind, TheSuggestionTrainsWellAndTenTimesTheExplosionDoesNot) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    expect_a_good_suggestion(sweep_problems[0], seed, nn::CrossEntropyLoss());
    expect_a_good_suggestion(sweep_problems[1], seed, nn::MSELoss());
  }
}

TEST(LrFind, RefusesBadInput) {
  const nn::Linear model(10, 4);
  optim::SGD optimizer(model.parameters(), {.lr = 1});
  const data::TensorDataset data(zeros({4, 10}), zeros({4}, int64)), none(zeros({0, 10}), zeros({0}, int64)),
      ignored(zeros({4, 10}), full({4}, -100));
  const auto find = [&](const DataSource& source, const LrFindOptions& options = {}) {
    return lr_find(model, nn::CrossEntropyLoss(), optimizer, source, options);
  };
  expect_errors({
      {"ValueError: lr_find: start_lr = 0; expected a finite number > 0", [&] { find(data, {.start_lr = 0}); }},
      {"ValueError: lr_find: end_lr = 1e-07; expected a finite number above start_lr = 1e-07",
       [&] { find(data, {.end_lr = 1e-7}); }},
      {"ValueError: lr_find: end_lr = inf; expected a finite number above start_lr = 1e-07",
       [&] { find(data, {.end_lr = std::numeric_limits<double>::infinity()}); }},
      {"ValueError: lr_find: steps = 1; expected at least 2", [&] { find(data, {.steps = 1}); }},
      {"ValueError: DataLoader: batch_size is 0, it must be at least 1", [&] { find(data, {.batch_size = 0}); }},
      {"ValueError: lr_find: there is no training data", [&] { find(DataSource()); }},
      {"ValueError: lr_find: the training data has no batches", [&] { find(none); }},
      {"ValueError: LrSweep: the loss falls nowhere in 0 steps; try another start_lr and end_lr",
       [&] { find(ignored).suggestion(); }},
      {"ValueError: LrSweep: the loss falls nowhere in 0 steps; try another start_lr and end_lr",
       [] { LrSweep().suggestion(); }},
  });
}

}  // namespace
}  // namespace xtape::train
