// Early stopping: when fit() stops, and that the best weights come back whatever ended it.
#include <atomic>
#include <limits>
#include <stdexcept>

#include "train/problem.hpp"

namespace xtape::train {
namespace {

using testing::line;
using testing::net;
using testing::plain_net;
using testing::same;
using testing::three_classes;

/// Cross-entropy, or what a test makes of it.
struct ChangedLoss {
  std::shared_ptr<std::function<Tensor(const Tensor&)>> changed =
      std::make_shared<std::function<Tensor(const Tensor&)>>([](const Tensor& loss) { return loss; });
  Tensor operator()(const Tensor& output, const Tensor& target) const {
    return (*changed)(cross_entropy(output, target));
  }
};

/// Learns for two epochs and then unlearns, so that epoch 2 is the best.
struct Experiment {
  explicit Experiment(const TrainerOptions& options) : trainer(model, criterion, optimizer, options) {
    trainer.on_epoch_end([this](const EpochRecord& r) {
      after_epoch.push_back(clone(model.state_dict()));
      optimizer.param_groups()[0].options.maximize = r.epoch >= 2;
    });
  }
  History fit() { return trainer.fit(training, three_classes(40, 9)); }
  bool has_weights_of(std::size_t epoch) const { return same(model.state_dict(), after_epoch.at(epoch - 1)); }

  nn::Sequential model = net();
  ChangedLoss criterion;
  optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
  data::Dataset training = three_classes(75);
  std::vector<StateDict> after_epoch;
  Trainer trainer;
};

TrainerOptions patient(std::int64_t patience, std::int64_t epochs = 20) {
  return {.epochs = epochs, .batch_size = 16, .early_stopping = {.patience = patience}};
}

TEST(EarlyStopping, TheBestEpochIsTheOneWhoseWeightsAreKept) {
  TrainerOptions options = patient(3);
  options.early_stopping.min_delta = 10;
  Experiment run(options);
  const History history = run.fit();
  EXPECT_LT(history[1].validation_loss, history[0].validation_loss);
  EXPECT_EQ(history.best_epoch(), 1);
  EXPECT_TRUE(run.has_weights_of(1));
}

TEST(EarlyStopping, EndsAfterItsPatienceWithTheBestWeights) {
  Experiment run(patient(3));
  const History history = run.fit();
  EXPECT_EQ(history.best_epoch(), 2);
  EXPECT_EQ(history.size(), 5u);
  EXPECT_EQ(history.stop_cause(), StopCause::patience);
  EXPECT_EQ(
      history.stop_reason().rfind("validation loss has not improved in 3 epochs; the weights are those of epoch 2, "
                                  "with a validation loss of ",
                                  0),
      0u)
      << history.stop_reason();
  EXPECT_TRUE(run.has_weights_of(2));
  EXPECT_FALSE(run.has_weights_of(5));
}

TEST(EarlyStopping, BringsTheBestWeightsBackAfterTheLastEpoch) {
  Experiment run(patient(10, 4));
  const History history = run.fit();
  EXPECT_EQ(history.size(), 4u);
  EXPECT_EQ(history.stop_cause(), StopCause::last_epoch);
  EXPECT_TRUE(run.has_weights_of(2));
}

TEST(EarlyStopping, WithoutPatienceTheLastWeightsStay) {
  Experiment run(patient(0, 4));
  EXPECT_EQ(run.fit().stop_reason(), "epoch 4 was the last");
  EXPECT_TRUE(run.has_weights_of(4));
}

TEST(EarlyStopping, BringsTheBestWeightsBackAfterStop) {
  Experiment run(patient(10));
  run.trainer.on_batch_end([&run](const BatchRecord& r) {
    if (r.epoch == 4 && r.batch == 2) run.trainer.stop();
  });
  const History history = run.fit();
  EXPECT_EQ(history.size(), 3u);
  EXPECT_EQ(history.stop_cause(), StopCause::stop);
  EXPECT_EQ(
      history.stop_reason().rfind("stop() was called in epoch 4, after step 17; the weights are those of epoch 2", 0),
      0u)
      << history.stop_reason();
  EXPECT_TRUE(run.has_weights_of(2));
}

struct ThrowsInEpoch4 {
  void on_epoch_begin(const EpochBegin& e) const {
    if (e.epoch == 4) throw std::runtime_error("sink");
  }
};

TEST(EarlyStopping, BringsTheBestWeightsBackWhenACallbackOrSinkThrows) {
  Experiment by_callback(patient(10));
  by_callback.trainer.on_batch_end([](const BatchRecord& r) {
    if (r.epoch == 4 && r.batch == 2) throw 4;
  });
  EXPECT_THROW(by_callback.fit(), int);
  EXPECT_TRUE(by_callback.has_weights_of(2));

  Experiment by_sink(patient(10));
  by_sink.trainer.sink(ThrowsInEpoch4());
  EXPECT_THROW(by_sink.fit(), std::runtime_error);
  EXPECT_TRUE(by_sink.has_weights_of(2));
  EXPECT_EQ(by_sink.after_epoch.size(), 3u);
}

/// Throws in its n-th batch.
struct Failing {
  data::Dataset data;
  std::int64_t n;
  std::shared_ptr<std::atomic<std::int64_t>> batches = std::make_shared<std::atomic<std::int64_t>>(0);
  std::int64_t size() const { return data.size(); }
  data::Batch batch(std::span<const std::int64_t> indices) const {
    if (++*batches == n) throw std::runtime_error("dataset");
    return data.batch(indices);
  }
};

TEST(EarlyStopping, BringsTheBestWeightsBackWhenTheDatasetThrows) {
  Experiment run(patient(10));
  run.training = Failing{run.training, 40};  // 5 batches an epoch, and 5 for the sample
  EXPECT_THROW(run.fit(), std::runtime_error);
  EXPECT_EQ(run.after_epoch.size(), 3u);
  EXPECT_TRUE(run.has_weights_of(2));
  EXPECT_TRUE(run.model.is_training());
}

TEST(EarlyStopping, BringsTheBestWeightsBackAfterALossThatIsNotFinite) {
  Experiment run(patient(10));
  run.trainer.on_epoch_end([&run](const EpochRecord& r) {
    if (r.epoch == 3) *run.criterion.changed = [](const Tensor& loss) { return log(-loss); };
  });
  const History history = run.fit();
  EXPECT_EQ(history.stop_cause(), StopCause::not_finite);
  EXPECT_EQ(history.stop_reason(),
            "epoch 4, step 16: the loss is NaN: log: anomaly: the value is NaN, and no input is; the weights are those "
            "of epoch 2");
  EXPECT_EQ(run.after_epoch.size(), 3u);
  EXPECT_TRUE(run.has_weights_of(2));
}

TEST(EarlyStopping, AnImprovementIsMoreThanMinDelta) {
  for (const auto& [lr, min_delta] : {std::pair{0.0, 0.0}, {0.1, 100.0}}) {
    const nn::Sequential model = plain_net();
    optim::SGD optimizer(model.parameters(), {.lr = lr});
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer,
                    {.epochs = 9, .early_stopping = {.patience = 2, .min_delta = min_delta}});
    StateDict first;
    trainer.on_epoch_end([&](const EpochRecord& r) {
      if (r.epoch == 1) first = clone(model.state_dict());
    });
    EXPECT_EQ(trainer.fit(three_classes(60), three_classes(20, 2)).size(), 3u);
    EXPECT_TRUE(same(model.state_dict(), first));
  }
}

TEST(EarlyStopping, NaNIsNoImprovement) {
  Experiment run(patient(2));
  *run.criterion.changed = [](const Tensor& loss) { return is_grad_enabled() ? loss : log(-loss); };  // of validation
  const History history = run.fit();
  EXPECT_EQ(history.size(), 2u);
  EXPECT_EQ(history.stop_reason(), "validation loss has not improved in 2 epochs");
  EXPECT_TRUE(run.has_weights_of(2));
}

TEST(EarlyStopping, MonitorsWhatItIsTold) {
  for (const char* monitor : {"validation_loss", "validation_accuracy", "train_loss", "train_accuracy"}) {
    TrainerOptions options = patient(4);
    options.early_stopping.monitor = monitor;
    Experiment run(options);
    const History history = run.fit();
    EXPECT_EQ(history.data().monitor, monitor);
    EXPECT_EQ(history.stop_cause(), StopCause::patience) << monitor;
    const std::int64_t best = history.best_epoch();
    EXPECT_EQ(history.size(), static_cast<std::size_t>(best + 4)) << monitor;
    EXPECT_TRUE(run.has_weights_of(static_cast<std::size_t>(best))) << monitor;
    EXPECT_LT(best, 4) << monitor;
  }
}

TEST(EarlyStopping, CanDoWithoutValidationData) {
  const nn::Sequential model = plain_net(1, 1);
  optim::SGD optimizer(model.parameters(), {.lr = 0});
  Trainer trainer(model, nn::MSELoss(), optimizer,
                  {.epochs = 9, .shuffle = false, .early_stopping = {.monitor = "train_loss", .patience = 3}});
  EXPECT_EQ(trainer.fit(line(40)).size(), 4u);
}

}  // namespace
}  // namespace xtape::train
