// The Trainer and the loop by hand give the same bits, and the means that it tells are exact.
#include <cmath>

#include "train/problem.hpp"

namespace xtape::train {
namespace {

namespace F = nn::functional;
namespace lr = optim::lr_scheduler;
using testing::expect_close;
using testing::expect_error;
using testing::expect_same;
using testing::line;
using testing::net;
using testing::Outcome;
using testing::plain_net;
using testing::three_classes;

struct Hooks {
  std::function<void()> after_step = [] {}, after_epoch = [] {};
  double clip = 0;
};

/// The loop by hand.
template <class C>
Outcome by_hand(const nn::Sequential& model, const C& criterion, optim::Optimizer& optimizer,
                const data::DataLoader& batches, int epochs, const Hooks& hooks = {}) {
  manual_seed(7);
  Outcome outcome;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    model.train();
    for (auto [x, y] : batches) {
      Tensor loss = criterion(model(x), y);
      optimizer.zero_grad();
      loss.backward();
      if (hooks.clip > 0) nn::utils::clip_grad_norm_(model.parameters(), hooks.clip);
      optimizer.step();
      outcome.losses.push_back(loss.item());
      hooks.after_step();
    }
    hooks.after_epoch();
  }
  outcome.weights = clone(model.state_dict());
  outcome.optimizer = optimizer.state_dict();
  outcome.generator = default_generator().state();
  return outcome;
}

/// The same by a trainer.
Outcome by_trainer(Trainer& trainer, const nn::Sequential& model, optim::Optimizer& optimizer,
                   const DataSource& training, const DataSource& validation = {}) {
  Outcome outcome;
  trainer.on_batch_end([&outcome](const BatchRecord& r) { outcome.losses.push_back(r.loss); });
  manual_seed(7);
  trainer.fit(training, validation);
  outcome.weights = clone(model.state_dict());
  outcome.optimizer = optimizer.state_dict();
  outcome.generator = default_generator().state();
  return outcome;
}

const nn::CrossEntropyLoss smoothed_loss({.label_smoothing = 0.1});

TEST(Fit, IsTheLoopByHand) {
  for (const bool drop_last : {false, true}) {
    const data::Dataset training = three_classes(75);  // the last batch is ragged
    const nn::Sequential a = net(), b = clone(a);
    optim::Adam optimizer_a(a.parameters(), {.lr = 1e-2}), optimizer_b(b.parameters(), {.lr = 1e-2});
    const data::DataLoader batches(training, {.batch_size = 16, .shuffle = true, .drop_last = drop_last, .seed = 5});
    const Outcome expected = by_hand(a, smoothed_loss, optimizer_a, batches, 3);
    Trainer trainer(b, smoothed_loss, optimizer_b, {.epochs = 3, .batch_size = 16, .drop_last = drop_last, .seed = 5});
    expect_same(by_trainer(trainer, b, optimizer_b, training), expected);
  }
}

TEST(Fit, IsTheLoopByHandWithoutShuffle) {
  const data::Dataset training = line(50);
  const nn::Sequential a = plain_net(1, 1), b = clone(a);
  optim::SGD optimizer_a(a.parameters(), {.lr = 0.05, .momentum = 0.9}),
      optimizer_b(b.parameters(), {.lr = 0.05, .momentum = 0.9});
  const Outcome expected = by_hand(a, nn::MSELoss(), optimizer_a, data::DataLoader(training, {.batch_size = 8}), 2);
  Trainer trainer(b, nn::MSELoss(), optimizer_b, {.epochs = 2, .batch_size = 8, .shuffle = false});
  expect_same(by_trainer(trainer, b, optimizer_b, training), expected);
}

TEST(Fit, ValidationDoesNotChangeTheTraining) {
  const data::Dataset training = three_classes(75), validation = three_classes(40, 9);
  const auto train = [&training](const DataSource& on) {
    const nn::Sequential model = net();
    optim::Adam optimizer(model.parameters(), {.lr = 1e-2});
    Trainer trainer(model, smoothed_loss, optimizer, {.epochs = 3, .batch_size = 16});
    return by_trainer(trainer, model, optimizer, training, on);
  };
  const Outcome without = train({});
  expect_same(train(validation), without);
  expect_same(train(data::DataLoader(validation, {.batch_size = 7, .shuffle = true})), without);
}

/// In evaluation mode, too, it draws from the default generator.
struct AlwaysNoisy : nn::Module {
  nn::Linear fc = register_module("fc", nn::Linear(5, 3));
  Tensor forward(const Tensor& x) { return fc(x + 0.1 * randn_like(x)); }
};

TEST(Fit, ValidationDoesNotChangeTheTrainingOfAModelThatAlwaysDraws) {
  const data::Dataset training = three_classes(40);
  const auto train = [&training](const DataSource& on, const EarlyStoppingOptions& early_stopping) {
    manual_seed(3);
    const nn::Sequential model{AlwaysNoisy()};
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    Trainer trainer(model, smoothed_loss, optimizer, {.epochs = 3, .batch_size = 16, .early_stopping = early_stopping});
    return by_trainer(trainer, model, optimizer, training, on);
  };
  const Outcome without = train({}, {}), with = train(training, {});
  const Outcome monitored = train(training, {.monitor = "validation_accuracy", .patience = 9});
  expect_same(with, without);
  EXPECT_EQ(monitored.losses, without.losses);  // the weights are those of the best epoch
  EXPECT_EQ(monitored.generator, without.generator);
}

TEST(Fit, StepsSchedulersAsTheLoopByHandDoes) {
  const data::Dataset training = three_classes(75);
  const nn::Sequential a = net(), b = clone(a);
  optim::SGD optimizer_a(a.parameters(), {.lr = 0.1, .momentum = 0.9}),
      optimizer_b(b.parameters(), {.lr = 0.1, .momentum = 0.9});
  lr::StepLR step_a(optimizer_a, {.step_size = 1, .gamma = 0.5}), step_b(optimizer_b, {.step_size = 1, .gamma = 0.5});
  lr::ExponentialLR decay_a(optimizer_a, {.gamma = 0.99}), decay_b(optimizer_b, {.gamma = 0.99});
  const data::DataLoader batches(training, {.batch_size = 16, .shuffle = true});
  const Outcome expected =
      by_hand(a, smoothed_loss, optimizer_a, batches, 3,
              {.after_step = [&decay_a] { decay_a.step(); }, .after_epoch = [&step_a] { step_a.step(); }});
  Trainer trainer(b, smoothed_loss, optimizer_b, {.epochs = 3, .batch_size = 16});
  trainer.schedule(step_b);
  trainer.schedule(decay_b, Every::step);
  expect_same(by_trainer(trainer, b, optimizer_b, training), expected);
}

TEST(Fit, RunsOneCycleByStepsAndSequencesByEpochs) {
  const data::Dataset training = three_classes(64);
  const nn::Sequential model = net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
  Trainer trainer(model, smoothed_loss, optimizer, {.epochs = 4, .batch_size = 16});
  lr::OneCycleLR one_cycle(optimizer, {.max_lr = 0.2, .total_steps = 16});
  trainer.schedule(one_cycle, Every::step);
  std::vector<double> rates;
  trainer.on_batch_end([&rates](const BatchRecord& r) { rates.push_back(r.lr); });
  const History history = trainer.fit(training);
  ASSERT_EQ(rates.size(), 16u);
  EXPECT_NEAR(rates[0], 0.2 / 25, 1e-15);  // the lr that the step was made with
  EXPECT_NEAR(history[3].lr, rates.back(), 0);
  EXPECT_LT(rates.back(), 1e-3);

  optim::SGD other(model.parameters(), {.lr = 0.1});
  Trainer by_epoch(model, smoothed_loss, other, {.epochs = 4, .batch_size = 16});
  lr::LinearLR warmup(other, {.start_factor = 0.5, .total_iters = 2});
  lr::StepLR steps(other, {.step_size = 1, .gamma = 0.1});
  lr::SequentialLR sequence(other, {.schedulers = {warmup, steps}, .milestones = {2}});
  by_epoch.schedule(sequence);
  const History by_epochs = by_epoch.fit(training);
  for (const auto& [epoch, rate] : {std::pair{0, 0.05}, {1, 0.075}, {2, 0.1}, {3, 0.01}}) {
    EXPECT_NEAR(by_epochs[static_cast<std::size_t>(epoch)].lr, rate, 1e-15);
  }
}

TEST(Fit, GivesReduceLROnPlateauTheMonitoredValue) {
  const data::Dataset training = three_classes(40), validation = three_classes(30, 2);
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.5}), twin(plain_net().parameters(), {.lr = 0.5});
  lr::ReduceLROnPlateau plateau(optimizer, {.factor = 0.5, .patience = 0}),
      by_hand(twin, {.factor = 0.5, .patience = 0});
  Trainer trainer(model, smoothed_loss, optimizer, {.epochs = 12, .batch_size = 8});
  trainer.schedule(plateau);
  const History history = trainer.fit(training, validation);
  for (const EpochRecord& r : history) {
    EXPECT_EQ(r.lr, by_hand.get_last_lr()[0]) << r.epoch;
    by_hand.step(r.validation_loss);
  }
  EXPECT_LT(plateau.get_last_lr()[0], 0.5);
}

TEST(Fit, ClipsAsTheLoopByHandDoes) {
  const data::Dataset training = three_classes(75);
  const nn::Sequential a = net(), b = clone(a);
  optim::SGD optimizer_a(a.parameters(), {.lr = 0.5}), optimizer_b(b.parameters(), {.lr = 0.5});
  const data::DataLoader batches(training, {.batch_size = 16, .shuffle = true});
  const Outcome expected = by_hand(a, smoothed_loss, optimizer_a, batches, 2, {.clip = 0.3});
  Trainer trainer(b, smoothed_loss, optimizer_b, {.epochs = 2, .batch_size = 16, .clip_grad_norm = 0.3});
  expect_same(by_trainer(trainer, b, optimizer_b, training), expected);
}

TEST(Fit, UsesALoaderAsItIs) {
  const data::Dataset training = three_classes(75);
  const nn::Sequential a = net(), b = clone(a);
  optim::SGD optimizer_a(a.parameters(), {.lr = 0.1}), optimizer_b(b.parameters(), {.lr = 0.1});
  const data::DataLoaderOptions options = {.batch_size = 10, .shuffle = true, .drop_last = true, .seed = 8};
  data::DataLoader loader_a(training, options), loader_b(training, options);
  loader_a.set_epoch(4, 3);
  loader_b.set_epoch(4, 3);
  const Outcome expected = by_hand(a, smoothed_loss, optimizer_a, loader_a, 2);
  Trainer trainer(b, smoothed_loss, optimizer_b, {.epochs = 2, .batch_size = 99, .seed = 1});
  std::vector<std::int64_t> places;
  trainer.on_batch_end([&places](const BatchRecord& r) { places.push_back(r.batch); });
  expect_same(by_trainer(trainer, b, optimizer_b, loader_b), expected);
  EXPECT_EQ(places, (std::vector<std::int64_t>{4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(loader_b.epoch(), 6);
}

TEST(Fit, GoesOnWithNewOrdersWhenItIsCalledAgain) {
  const data::Dataset training = three_classes(75);
  const nn::Sequential a = net(), b = clone(a);
  optim::Adam optimizer_a(a.parameters()), optimizer_b(b.parameters());
  const data::DataLoader batches(training, {.batch_size = 16, .shuffle = true});
  const Outcome expected = by_hand(a, smoothed_loss, optimizer_a, batches, 4);
  Trainer trainer(b, smoothed_loss, optimizer_b, {.epochs = 2, .batch_size = 16});
  manual_seed(7);
  trainer.fit(training);
  const History second = trainer.fit(training);
  testing::expect_same_dicts(b.state_dict(), expected.weights);
  EXPECT_EQ(second[0].epoch, 1);
  EXPECT_EQ(second[1].steps, 10);
}

TEST(Fit, TakesAnyFunctionAsCriterion) {
  const data::Dataset training = three_classes(75);
  const auto function = [](const Tensor& output, const Tensor& target) { return F::cross_entropy(output, target); };
  const nn::Sequential a = net(), b = clone(a);
  optim::SGD optimizer_a(a.parameters(), {.lr = 0.1}), optimizer_b(b.parameters(), {.lr = 0.1});
  const data::DataLoader batches(training, {.batch_size = 16, .shuffle = true});
  const Outcome expected = by_hand(a, function, optimizer_a, batches, 2);
  Trainer trainer(b, function, optimizer_b, {.epochs = 2, .batch_size = 16});
  expect_same(by_trainer(trainer, b, optimizer_b, training), expected);
}

// ---- means ---------------------------------------------------------------------------------------------------------

/// Does not learn, so that the epoch's mean is that of one big batch.
template <class C>
History one_epoch(const nn::Sequential& model, const C& criterion, const data::Dataset& training,
                  const TrainerOptions& options, const DataSource& validation = {}) {
  optim::SGD frozen(model.parameters(), {.lr = 0});
  return Trainer(model, criterion, frozen, options).fit(training, validation);
}

TEST(Fit, TellsExactMeans) {
  const data::Batch all = data::Dataset(three_classes(75)).batch(arange(75).to_vector<std::int64_t>());
  const Tensor x = all.x, y = all.y;
  const Tensor ignored = where(arange(75) < 30, -100, y), weight = tensor({0.2, 0.3, 0.5});
  const nn::Sequential model = plain_net();
  const auto expect_mean = [&](const auto& criterion, const auto& as_mean, const Tensor& target) {
    for (const std::int64_t accumulate : {1, 2}) {
      const History history =
          one_epoch(model, criterion, data::TensorDataset(x, target), {.batch_size = 16, .accumulate = accumulate});
      const double mean = without_grad([&] { return as_mean(model(x), target).item(); });
      EXPECT_NEAR(history[0].train_loss, mean, 1e-6);
    }
  };
  const nn::CrossEntropyLoss plain, weighted({.weight = weight}),
      weighted_sum({.weight = weight, .reduction = Reduction::sum});
  expect_mean(plain, plain, ignored);
  expect_mean(weighted, weighted, ignored);
  expect_mean(weighted_sum, weighted, ignored);
  expect_mean(nn::MSELoss({.reduction = Reduction::sum}), nn::MSELoss(), F::one_hot(y, 3).to(float32));
  expect_mean(nn::KLDivLoss({.reduction = Reduction::batchmean}), nn::KLDivLoss({.reduction = Reduction::batchmean}),
              rand({75, 3}));
  const auto function = [](const Tensor& a, const Tensor& b) { return F::cross_entropy(a, b); };
  expect_mean(function, plain, y);
}

TEST(Fit, TellsTheAccuracyOfTheBatchesThatItTrainsOn) {
  const data::Dataset training = three_classes(75);
  const nn::Sequential model = plain_net();
  const auto [x, y] = training.batch(arange(75).to_vector<std::int64_t>());
  const History history = one_epoch(model, smoothed_loss, training, {.batch_size = 16});
  const double accuracy = (model(x).argmax(1) == y).to(float64).mean().item();
  EXPECT_NEAR(history[0].train_accuracy, accuracy, 1e-12);
  EXPECT_TRUE(std::isnan(one_epoch(plain_net(1, 1), nn::MSELoss(), line(20), {})[0].train_accuracy));
}

TEST(Fit, MeasuresValidationAndASampleOfTheTrainingSet) {
  const data::Dataset training = three_classes(3000), validation = three_classes(200, 4);
  const nn::Sequential model = plain_net();
  const History history = one_epoch(model, smoothed_loss, training, {.batch_size = 64}, validation);
  const Evaluation on_validation = evaluate(model, smoothed_loss, validation, {.batch_size = 64});
  EXPECT_EQ(history[0].validation_loss, on_validation.loss);
  EXPECT_EQ(history[0].validation_accuracy, on_validation.accuracy);
  EXPECT_EQ(history.data().train_eval_samples, 1000);
  const double whole = evaluate(model, smoothed_loss, training).accuracy;
  EXPECT_NEAR(history[0].train_eval_accuracy, whole, 0.05);
  EXPECT_NE(history[0].train_eval_accuracy, whole);
  EXPECT_EQ(history[0].gap, history[0].train_eval_accuracy - history[0].validation_accuracy);
  EXPECT_LT(history[0].gap_low, history[0].gap);
  EXPECT_GT(history[0].gap_high, history[0].gap);
  // The same samples each time, and all of a small set.
  EXPECT_EQ(one_epoch(model, smoothed_loss, training, {.batch_size = 64}, validation)[0].train_eval_loss,
            history[0].train_eval_loss);
  EXPECT_EQ(one_epoch(model, smoothed_loss, validation, {}, training).data().train_eval_samples, 200);
}

TEST(Fit, MeasuresNothingWithoutValidationData) {
  const History history = one_epoch(net(), smoothed_loss, three_classes(30), {});
  for (const double value : {history[0].validation_loss, history[0].validation_accuracy, history[0].train_eval_loss,
                             history[0].train_eval_accuracy, history[0].gap, history[0].gap_low, history[0].gap_high}) {
    EXPECT_TRUE(std::isnan(value));
  }
}

TEST(Fit, MakesNoStepOnABatchWhoseTargetsAreAllIgnored) {
  const Tensor y = tensor({0, 1, -100, -100, 2, 1});
  const data::TensorDataset training(randn({6, 5}), y);
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 2, .shuffle = false});
  std::vector<std::int64_t> steps;
  trainer.on_batch_end([&steps](const BatchRecord& r) { steps.push_back(r.step); });
  const History history = trainer.fit(training);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(history[0].steps, 2);
  EXPECT_TRUE(std::isfinite(history[0].train_loss));
  EXPECT_EQ(history.stop_cause(), StopCause::last_epoch);
}

// ---- the epoch so far ----------------------------------------------------------------------------------------------

/// The batches of one epoch.
std::vector<BatchRecord> batches_of_epoch(History& history, bool is_regression, std::int64_t accumulate = 1) {
  const nn::Sequential model = plain_net(1, is_regression ? 1 : 3);
  optim::SGD optimizer(model.parameters(), {.lr = 0.05});
  const TrainerOptions options{.batch_size = 16, .seed = 3, .accumulate = accumulate};
  Trainer trainer = is_regression
                        ? Trainer(model, nn::MSELoss(), optimizer, options)
                        : Trainer(model, nn::CrossEntropyLoss({.weight = tensor({1.f, 2.f, 3.f})}), optimizer, options);
  std::vector<BatchRecord> records;
  trainer.on_batch_end([&records](const BatchRecord& r) { records.push_back(r); });
  history = trainer.fit(is_regression ? line(75) : three_classes(75));
  return records;
}

TEST(Fit, TellsTheMeansOfTheEpochSoFar) {
  for (const std::int64_t accumulate : {1, 2}) {
    History history;
    const std::vector<BatchRecord> records = batches_of_epoch(history, false, accumulate);
    ASSERT_EQ(records.size(), 5u);
    EXPECT_NEAR(records[0].train_loss, records[0].loss, 1e-6);
    EXPECT_NE(records[1].train_loss, records[1].loss);
    const double right = records[0].train_accuracy * 16;
    EXPECT_EQ(right, std::round(right));
    EXPECT_EQ(records.back().train_loss, history[0].train_loss);
    EXPECT_EQ(records.back().train_accuracy, history[0].train_accuracy);
  }
}

TEST(Fit, TellsNoAccuracySoFarOfARegression) {
  History history;
  for (const BatchRecord& r : batches_of_epoch(history, true)) {
    EXPECT_TRUE(std::isfinite(r.train_loss));
    EXPECT_TRUE(std::isnan(r.train_accuracy));
  }
}

TEST(Fit, ABatchWithoutTargetsLeavesTheMeansSoFarAlone) {
  const data::TensorDataset training(randn({6, 5}), tensor({-100, -100, 0, 1, -100, -100}));
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 2, .shuffle = false});
  std::vector<BatchRecord> records;
  trainer.on_batch_end([&records](const BatchRecord& r) { records.push_back(r); });
  trainer.fit(training);
  EXPECT_TRUE(std::isnan(records[0].train_loss));
  EXPECT_TRUE(std::isnan(records[0].train_accuracy));
  EXPECT_TRUE(std::isfinite(records[1].train_loss));
  EXPECT_EQ(records[2].train_loss, records[1].train_loss);
  EXPECT_EQ(records[2].train_accuracy, records[1].train_accuracy);
}

// ---- accumulation --------------------------------------------------------------------------------------------------

TEST(Fit, AccumulatesAsIfTheBatchesWereOne) {
  const auto [x, y] = data::Dataset(three_classes(50)).batch(arange(50).to_vector<std::int64_t>());
  const Tensor ignored = where(arange(50) < 7, -100, y);
  const data::TensorDataset training(x.to(float64), ignored);
  const Tensor weight = tensor({0.2, 0.3, 0.5}, {.dtype = float64});
  const auto train = [&training](const auto& criterion, const TrainerOptions& options) {
    const nn::Sequential model = plain_net();
    model.to(float64);
    optim::SGD optimizer(model.parameters(), {.lr = 0.05, .momentum = 0.9});
    const History history = Trainer(model, criterion, optimizer, options).fit(training);
    return std::pair(clone(model.state_dict()), history);
  };
  const auto expect_as_one = [&train](const auto& criterion) {
    // 50 samples: 20, 20 and a rest of 10.
    const auto [one, history_one] = train(criterion, {.epochs = 2, .batch_size = 20});
    const auto [many, history_many] = train(criterion, {.epochs = 2, .batch_size = 5, .accumulate = 4});
    for (const auto& [name, tensor] : one) EXPECT_TRUE(tensor.allclose(many.at(name), 1e-12, 1e-12)) << name;
    EXPECT_EQ(history_one[1].steps, 6);
    EXPECT_EQ(history_many[1].steps, 6);
    EXPECT_NEAR(history_one[1].train_loss, history_many[1].train_loss, 1e-12);
  };
  expect_as_one(nn::CrossEntropyLoss({.weight = weight}));
  expect_as_one(nn::CrossEntropyLoss({.weight = weight, .reduction = Reduction::sum, .label_smoothing = 0.1}));
  expect_as_one([](const Tensor& a, const Tensor& b) { return F::cross_entropy(a, clamp(b, 0, 2)); });
}

TEST(Fit, SaysWhichStepAccumulatedBatchesMake) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, smoothed_loss, optimizer, {.epochs = 1, .batch_size = 4, .accumulate = 2});
  std::vector<std::int64_t> steps;
  trainer.on_batch_end([&steps](const BatchRecord& r) { steps.push_back(r.step); });
  trainer.fit(three_classes(20));
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 1, 2, 2, 3}));
}

}  // namespace
}  // namespace xtape::train
