// Loaders of the user's in fit(): their samplers, their places, and others that loop over them meanwhile.

#include "support/bits.hpp"
#include "support/files.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::expect_error;
using testing::expect_same_bits;
using testing::plain_net;
using testing::TempDir;
using testing::three_classes;

/// The samples from `first` up to `last`, without that.
struct Slice {
  std::int64_t first, last;
  std::int64_t size() const { return last - first; }
  std::vector<std::int64_t> indices(std::uint64_t, std::uint64_t) const {
    return arange(first, last).to_vector<std::int64_t>();
  }
};

struct Counts {
  void on_fit_begin(const FitBegin& e) { begin = e; }
  FitBegin begin = {};
};

TEST(FitLoader, OverfittingIsMeasuredOnSamplesOfTheSampler) {
  const data::Dataset all = three_classes(200);
  const auto run = [](const DataSource& training, const DataSource& validation, Counts counts) {
    const nn::Sequential model = plain_net();
    optim::Adam optimizer(model.parameters(), {.lr = 0.05});
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 3});
    trainer.sink(counts);
    const History history = trainer.fit(training, validation);
    EXPECT_EQ(counts.begin.training_samples, 60);
    EXPECT_EQ(counts.begin.validation_samples, 140);
    return history;
  };
  const auto subset = [&all](Slice s) { return data::Subset(all, s.indices(0, 0)); };
  const History by_samplers = run(data::DataLoader(all, {.batch_size = 20, .sampler = Slice{0, 60}}),
                                  data::DataLoader(all, {.batch_size = 32, .sampler = Slice{60, 200}}), {});
  const History by_subsets = run(data::DataLoader(subset({0, 60}), {.batch_size = 20}), subset({60, 200}), {});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(by_samplers[i].train_eval_loss, by_subsets[i].train_eval_loss);
  EXPECT_EQ(by_samplers.data().training_samples, 60);
  EXPECT_EQ(by_samplers.data().validation_samples, 140);
  EXPECT_EQ(by_samplers.data().train_eval_samples, 60);
  EXPECT_EQ(by_samplers.verdict(), by_subsets.verdict());
}

/// A run of three epochs, whose callback loops over its loaders; it stops after `last_step`.
struct SmallRun {
  SmallRun(const TempDir& dir, std::int64_t last_step, bool goes_on) {
    const Tensor x = randn({40, 1, 6, 6}), y = randint(0, 3, {40});
    manual_seed(1);
    const nn::Sequential made{nn::Flatten(), nn::Linear(36, 3)};
    model = made;
    optim::Adam optimizer(model.parameters());
    const data::DataLoader training(data::TensorDataset(x, y), {.batch_size = 8, .shuffle = true});
    const data::DataLoader validation(data::TransformedDataset(data::TensorDataset(x, y), data::RandomShift(2)),
                                      {.batch_size = 8});
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer,
                    {.epochs = 3, .checkpoint = {.path = dir / "last", .every_steps = 1}});
    if (goes_on) trainer.resume(dir / "last");
    trainer.on_batch_end([&](const BatchRecord& r) {
      trainer.evaluate(training);
      trainer.evaluate(validation);
      if (r.step == last_step) trainer.stop();
    });
    history = trainer.fit(training, validation);
  }
  nn::Sequential model;
  History history;
};

TEST(FitLoader, ACallbackMayLoopOverItAndTheRunStillGoesOnExactly) {
  const auto run = [](const TempDir& dir, std::int64_t last_step, bool goes_on) {
    manual_seed(5);
    return SmallRun(dir, last_step, goes_on);
  };
  const TempDir dir;
  const SmallRun whole = run(dir, 99, false);
  for (const std::int64_t step : {2, 5, 8}) {  // within an epoch, at the end of one
    run(dir, step, false);
    const SmallRun resumed = run(dir, 99, true);
    expect_same_bits(resumed.model.state_dict(), whole.model.state_dict());
    ASSERT_EQ(resumed.history.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(resumed.history[i].validation_loss, whole.history[i].validation_loss) << step << " " << i;
    }
  }
}

TEST(FitLoader, BeginsAtItsNextLoopAndNotInOneThatRuns) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const data::DataLoader loader(three_classes(40), {.batch_size = 10});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer);
  std::vector<std::int64_t> batches;
  trainer.on_batch_end([&batches](const BatchRecord& r) { batches.push_back(r.batch); });
  for (auto i = loader.begin(); i != loader.end(); ++i) {
    *i;
    if (batches.empty()) trainer.fit(loader);
  }
  EXPECT_EQ(batches, (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST(FitLoader, NoPartOfAnEpochIsMeasured) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer);
  data::DataLoader loader(three_classes(40), {.batch_size = 10});
  loader.set_epoch(2, 3);
  const std::string message = "the loader stands at batch 3 of 4, and a whole epoch is measured; call set_epoch(2)";
  expect_error<ValueError>([&] { trainer.evaluate(loader); }, "evaluate: " + message);
  expect_error<ValueError>([&] { trainer.fit(three_classes(40), loader); }, "fit: " + message);
  loader.set_epoch(2);
  EXPECT_EQ(trainer.evaluate(loader).samples, 40);
}

TEST(FitLoader, WarningsComeWhenTheModelHasItsOwnWeights) {
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.ema = 0.9});
  struct Sink {
    void on_batch_end(const BatchRecord&) { after_step = clone(model.state_dict()); }
    void on_warning(const Warning&) {
      ++warnings;
      expect_same_bits(model.state_dict(), after_step);
    }
    const nn::Sequential& model;
    StateDict after_step = {};
    int warnings = 0;
  } sink{model};
  trainer.sink(sink);
  trainer.fit(three_classes(40), data::TensorDataset(randn({8, 5}), zeros({8}, int64)));
  EXPECT_EQ(sink.warnings, 1);
}

}  // namespace
}  // namespace xtape::train
