// The Trainer around its loop: modes, events, callbacks, stop(), transforms, and errors before the first step.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>

#include "support/misuse.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

namespace lr = optim::lr_scheduler;
using testing::expect_errors;
using testing::line;
using testing::net;
using testing::plain_net;
using testing::same;
using testing::three_classes;

const nn::CrossEntropyLoss class_loss;

/// A model and an optimizer for trainers of any options.
struct Bench {
  nn::Sequential model = net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
  History fit(const TrainerOptions& options, const DataSource& training, const DataSource& validation = {}) {
    return Trainer(model, class_loss, optimizer, options).fit(training, validation);
  }
};

// ---- modes ---------------------------------------------------------------------------------------------------------

std::vector<bool> modes_of(const nn::Module& model) {
  std::vector<bool> modes;
  for (const nn::NamedModule& m : model.named_modules()) modes.push_back(m.module->is_training());
  return modes;
}

TEST(Trainer, TrainsInTrainingModeAndGivesEachModuleItsOwnModeBack) {
  Bench bench;
  bench.model[1].eval();  // a layer that is frozen inside a model in training mode
  const std::vector<bool> before = modes_of(bench.model);
  ASSERT_EQ(std::count(before.begin(), before.end(), false), 1);
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 2, .batch_size = 16});
  trainer.on_batch_end([&bench](const BatchRecord&) {
    for (const bool training : modes_of(bench.model)) EXPECT_TRUE(training);
  });
  trainer.fit(three_classes(40), three_classes(20, 2));
  EXPECT_EQ(modes_of(bench.model), before);

  trainer.on_epoch_end([](const EpochRecord&) { throw std::runtime_error("callback"); });
  EXPECT_THROW(trainer.fit(three_classes(40)), std::runtime_error);
  EXPECT_EQ(modes_of(bench.model), before);
  trainer.evaluate(three_classes(40));
  EXPECT_EQ(modes_of(bench.model), before);
}

TEST(Trainer, LeavesAModelThatWasInEvaluationModeThere) {
  Bench bench;
  bench.model.eval();
  bench.fit({.epochs = 1}, three_classes(40));
  for (const bool training : modes_of(bench.model)) EXPECT_FALSE(training);
}

// ---- events --------------------------------------------------------------------------------------------------------

/// Writes down what it is told.
struct Log {
  std::vector<std::string> lines;
  void on_fit_begin(const FitBegin& e) {
    lines.push_back("fit " + std::to_string(e.epochs) + " epochs from " + std::to_string(e.first_epoch) + ", " +
                    std::to_string(e.batches) + " batches, " + std::to_string(e.training_samples) + " + " +
                    std::to_string(e.validation_samples) + " samples, " + std::to_string(e.parameters) + " parameters");
  }
  void on_epoch_begin(const EpochBegin& e) {
    lines.push_back("epoch " + std::to_string(e.epoch) + " of " + std::to_string(e.epochs));
  }
  void on_batch_end(const BatchRecord& r) {
    lines.push_back("batch " + std::to_string(r.batch) + " of " + std::to_string(r.batches) + ", step " +
                    std::to_string(r.step) + ", " + std::to_string(r.samples));
  }
  void on_epoch_end(const EpochRecord& r) { lines.push_back("epoch " + std::to_string(r.epoch) + " ended"); }
  void on_warning(const Warning& w) { lines.push_back("warning: " + w.message); }
  void on_fit_end(const History& h) { lines.push_back("fit ended after " + std::to_string(h.size())); }
};

TEST(Trainer, TellsSinksWhatHappens) {
  Bench bench;
  Log log;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 2, .batch_size = 16});
  trainer.sink(log);
  trainer.fit(three_classes(20), three_classes(9, 2));
  EXPECT_EQ(log.lines, (std::vector<std::string>{"fit 2 epochs from 1, 2 batches, 20 + 9 samples, 179 parameters",
                                                 "epoch 1 of 2", "batch 1 of 2, step 1, 16", "batch 2 of 2, step 2, 4",
                                                 "epoch 1 ended", "epoch 2 of 2", "batch 1 of 2, step 3, 16",
                                                 "batch 2 of 2, step 4, 4", "epoch 2 ended", "fit ended after 2"}));
}

struct Half {  // a sink may leave out what it does not care about
  std::shared_ptr<int> epochs;
  void on_epoch_end(const EpochRecord&) const { ++*epochs; }
};

TEST(Trainer, TellsSinksFirstAndCallbacksInTheirOrder) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 1});
  const auto epochs = std::make_shared<int>(0);
  std::vector<int> calls;
  trainer.on_epoch_end([&calls, epochs](const EpochRecord&) { calls.push_back(*epochs); });
  trainer.on_epoch_end([&calls](const EpochRecord&) { calls.push_back(7); });
  trainer.sink(Half{epochs});
  trainer.fit(three_classes(20));
  EXPECT_EQ(calls, (std::vector<int>{1, 7}));
}

TEST(Trainer, RecordsAreThoseOfTheHistory) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 3, .batch_size = 16});
  std::vector<EpochRecord> records;
  trainer.on_epoch_end([&records](const EpochRecord& r) { records.push_back(r); });
  const History history = trainer.fit(three_classes(75), three_classes(30, 2));
  ASSERT_EQ(records.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(history[i].epoch, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(history[i].steps, 5 * history[i].epoch);
    EXPECT_EQ(history[i].train_loss, records[i].train_loss);
    EXPECT_EQ(history[i].validation_loss, records[i].validation_loss);
    EXPECT_GT(history[i].seconds, 0);
    EXPECT_EQ(history[i].lr, 0.1);
  }
  EXPECT_EQ(history.data().training_samples, 75);
  EXPECT_EQ(history.data().validation_samples, 30);
  EXPECT_EQ(history.data().classes, 3);
}

TEST(Trainer, WarnsOnceOfValidationDataOfOneClass) {
  Bench bench;
  Log log;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 3, .batch_size = 16});
  trainer.sink(log);
  trainer.fit(three_classes(20), data::TensorDataset(randn({8, 5}), ones({8}, int64)));
  EXPECT_EQ(std::count(log.lines.begin(), log.lines.end(),
                       "warning: all targets of the validation data are of one class: validation_accuracy tells "
                       "nothing about the others"),
            1);
}

TEST(Trainer, ZeroEpochsDoNothing) {
  Bench bench;
  const StateDict before = clone(bench.model.state_dict());
  const History history = bench.fit({.epochs = 0}, three_classes(20));
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.stop_cause(), StopCause::last_epoch);
  EXPECT_EQ(history.stop_reason(), "no epoch was asked for");
  EXPECT_TRUE(same(bench.model.state_dict(), before));
}

// ---- stop ----------------------------------------------------------------------------------------------------------

TEST(Trainer, StopsAfterTheBatchThatIsRunning) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 5, .batch_size = 16});
  std::int64_t batches = 0;
  trainer.on_batch_end([&](const BatchRecord& r) {
    ++batches;
    if (r.epoch == 2 && r.batch == 2) trainer.stop();
  });
  const History history = trainer.fit(three_classes(75));
  EXPECT_EQ(batches, 7);
  EXPECT_EQ(history.size(), 1u);
  EXPECT_EQ(history.stop_cause(), StopCause::stop);
  EXPECT_EQ(history.stop_reason(), "stop() was called in epoch 2, after step 7");
}

TEST(Trainer, StopsAfterAnEpochThatIsDone) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 5, .batch_size = 16});
  trainer.on_epoch_end([&](const EpochRecord& r) {
    if (r.epoch == 2) trainer.stop();
  });
  const History history = trainer.fit(three_classes(75));
  EXPECT_EQ(history.size(), 2u);
  EXPECT_EQ(history.stop_reason(), "stop() was called in epoch 2, after step 10");
  EXPECT_EQ(trainer.fit(three_classes(75)).size(), 2u);  // the callback stops the next fit(), not the last stop()
}

TEST(Trainer, StopsWithAWholeStepOfAccumulatedBatches) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 5, .batch_size = 8, .accumulate = 3});
  std::int64_t batches = 0;
  trainer.on_batch_end([&](const BatchRecord&) {
    if (++batches == 1) trainer.stop();
  });
  trainer.fit(three_classes(75));
  EXPECT_EQ(batches, 3);
}

TEST(Trainer, AnotherThreadMayStopIt) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 1'000'000'000, .batch_size = 8});
  std::atomic<bool> has_begun = false;
  trainer.on_batch_end([&has_begun](const BatchRecord&) { has_begun = true; });
  std::thread other([&trainer, &has_begun] {
    while (!has_begun) std::this_thread::yield();
    trainer.stop();
  });
  EXPECT_EQ(trainer.fit(three_classes(75)).stop_cause(), StopCause::stop);
  other.join();
}

TEST(Trainer, StopCountsWhileFitIsSetUp) {
  Bench bench;
  Trainer trainer(bench.model, class_loss, bench.optimizer, {.epochs = 2, .batch_size = 16});
  trainer.stop();
  EXPECT_EQ(trainer.fit(three_classes(75)).stop_reason(), "stop() was called before the first epoch");
  EXPECT_EQ(trainer.fit(three_classes(75)).size(), 2u);
}

// ---- transforms ----------------------------------------------------------------------------------------------------

TEST(Trainer, TransformsTrainingBatchesByTheirPlaceAlone) {
  const auto numbers_of = [](std::uint64_t seed, int draws) {
    const nn::Sequential model = plain_net();
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    Trainer trainer(model, class_loss, optimizer, {.epochs = 2, .batch_size = 10, .seed = seed});
    std::vector<double> numbers;
    trainer.transform([&numbers, draws](data::Batch b, Generator& g) {
      numbers.push_back(rand({1}, {.generator = &g, .dtype = float64}).item());
      for (int i = 0; i < draws; ++i) b.x = b.x + 0.1 * randn(b.x.shape(), {.generator = &g});
      return b;
    });
    const Generator::State before = default_generator().state();
    trainer.fit(three_classes(25), three_classes(30, 2));
    EXPECT_EQ(default_generator().state(), before);
    return numbers;
  };
  const std::vector<double> numbers = numbers_of(0, 0);
  EXPECT_EQ(numbers.size(), 6u);  // none for validation
  EXPECT_EQ(numbers_of(0, 3), numbers);
  std::vector<double> all = numbers_of(1, 0);
  all.insert(all.end(), numbers.begin(), numbers.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(Trainer, ATransformMayAddOthers) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, class_loss, optimizer, {.batch_size = 30});
  int calls = 0;
  trainer.transform([&trainer, &calls, kept = std::vector<double>(100, 1.0)](data::Batch b, Generator&) {
    for (int i = 0; i < 20; ++i) {
      trainer.transform([&calls](data::Batch c, Generator&) {
        ++calls;
        return c;
      });
    }
    b.x = b.x * kept[99];
    return b;
  });
  EXPECT_EQ(trainer.fit(three_classes(30)).size(), 1u);
  EXPECT_EQ(calls, 20);
}

TEST(Trainer, AppliesTransformsInTheirOrder) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, class_loss, optimizer, {.batch_size = 30, .shuffle = false});
  trainer.transform([](data::Batch b, Generator&) { return data::Batch{b.x * 0, b.y}; });
  trainer.transform([](data::Batch b, Generator&) { return data::Batch{b.x + 1, b.y}; });
  double loss = 0;
  trainer.on_batch_end([&loss](const BatchRecord& r) { loss = r.loss; });
  const data::Dataset training = three_classes(30);
  const double expected = without_grad([&] { return class_loss(model(ones({30, 5})), training.targets()).item(); });
  trainer.fit(training);
  EXPECT_EQ(loss, expected);
}

}  // namespace
}  // namespace xtape::train
