// What a Trainer refuses: options, schedules, data and monitored values, before anything is changed.
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "support/files.hpp"
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

/// Classes, and a criterion for them.
struct Classes {
  nn::Sequential model = net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
  Trainer trainer(const TrainerOptions& options) { return {model, nn::CrossEntropyLoss(), optimizer, options}; }
};

TEST(TrainerErrors, OfOptions) {
  Classes c;
  const auto with = [&c](const TrainerOptions& options) { return [&c, options] { c.trainer(options); }; };
  // clang-format off
  expect_errors({
      {"ValueError: Trainer: epochs = -1; expected at least 0", with({.epochs = -1})},
      {"ValueError: Trainer: batch_size = 0; expected at least 1", with({.batch_size = 0})},
      {"ValueError: Trainer: num_workers = -1; expected at least 0", with({.num_workers = -1})},
      {"ValueError: Trainer: accumulate = 0; expected at least 1", with({.accumulate = 0})},
      {"ValueError: Trainer: clip_grad_norm = -1; expected a finite number >= 0", with({.clip_grad_norm = -1})},
      {"ValueError: Trainer: clip_grad_norm = nan; expected a finite number >= 0", with({.clip_grad_norm = testing::nan})},
      {"ValueError: Trainer: ema = 1 is outside [0, 1)", with({.ema = 1})},
      {"ValueError: Trainer: ema = nan is outside [0, 1)", with({.ema = testing::nan})},
      {"ValueError: Trainer: monitor = \"val_loss\" is not one of validation_loss, validation_accuracy, train_loss, "
       "train_accuracy", with({.early_stopping = {.monitor = "val_loss"}})},
      {"ValueError: Trainer: early_stopping.patience = -1; expected at least 0",
       with({.early_stopping = {.patience = -1}})},
      {"ValueError: Trainer: early_stopping.min_delta = -0.1; expected a finite number >= 0",
       with({.early_stopping = {.min_delta = -0.1}})},
      {"ValueError: Trainer: early_stopping.min_delta = inf; expected a finite number >= 0",
       with({.early_stopping = {.min_delta = testing::inf}})},
      {"ValueError: Trainer: checkpoint.every_steps = -1; expected at least 0",
       with({.checkpoint = {.every_steps = -1}})},
      {"ValueError: Trainer: checkpoint.every_seconds = -1; expected a finite number >= 0",
       with({.checkpoint = {.every_seconds = -1}})},
      {"ValueError: Trainer: the criterion has Reduction::none and returns many numbers; use Reduction::mean",
       [&c] { Trainer(c.model, nn::MSELoss({.reduction = Reduction::none}), c.optimizer); }},
  });
  // clang-format on
}

TEST(TrainerErrors, OfTheFileOfTheBestWeights) {
  Classes c;
  const testing::TempDir dir;
  const auto with = [&c](const CheckpointOptions& options) {
    return [&c, options] { c.trainer({.checkpoint = options}); };
  };
  const std::string path = dir / "x", same_path = dir / "a/../x", of_link = dir / "link/x";
  std::filesystem::create_directory_symlink(dir.string(), dir / "link");
  const auto are_same = [&path](const std::string& best) {
    return "ValueError: Trainer: checkpoint.path = \"" + path + "\" and checkpoint.best_path = \"" + best +
           "\" are the same file";
  };
  const std::string by_dots = are_same(same_path), by_link = are_same(of_link);
  // clang-format off
  expect_errors({
      {"ValueError: Trainer: checkpoint.best_path = \"b\", but keep_best is false",
       with({.path = "a", .keep_best = false, .best_path = "b"})},
      {"ValueError: Trainer: checkpoint.metadata is for the file of the best weights, but keep_best is false",
       with({.path = "a", .keep_best = false, .metadata = {{"a", "b"}}})},
      {"ValueError: Trainer: checkpoint.path = \"a\" and checkpoint.best_path = \"a\" are the same file",
       with({.path = "a", .best_path = "a"})},
      {"ValueError: Trainer: checkpoint.path = \"a\" and checkpoint.best_path = \"./a\" are the same file",
       with({.path = "a", .best_path = "./a"})},
      {by_dots.c_str(), with({.path = path, .best_path = same_path})},
      {by_link.c_str(), with({.path = path, .best_path = of_link})},
      {"ValueError: Trainer: checkpoint.metadata has a text \"epoch\", which the trainer writes itself",
       with({.path = "a", .metadata = {{"epoch", "1"}}})},
      {"ValueError: Trainer: checkpoint.metadata has a text \"train_loss\", which the trainer writes itself",
       with({.path = "a", .metadata = {{"train_loss", "1"}}})},
      {"ValueError: Trainer: \"\uFFFD\" is not UTF-8", with({.path = "a", .metadata = {{"a", "\xff"}}})},
  });
  // clang-format on
}

TEST(TrainerErrors, TheMonitoredValueIsThatOfTransformedBatches) {
  Classes c;
  const TrainerOptions options{.epochs = 2, .early_stopping = {.monitor = "train_accuracy", .patience = 2}};
  const data::Batch all = data::Dataset(three_classes(40)).batch(arange(40).to_vector<std::int64_t>());
  Trainer measured = c.trainer(options);
  measured.transform([](data::Batch b, Generator&) { return data::Batch{b.x, b.y.squeeze(1)}; });
  EXPECT_FALSE(std::isnan(measured.fit(data::TensorDataset(all.x, all.y.unsqueeze(1)))[0].train_accuracy));

  Trainer not_measured(
      c.model, [](const Tensor& x, const Tensor& y) { return (x * y).mean(); }, c.optimizer, options);
  not_measured.transform([](data::Batch b, Generator&) { return data::Batch{b.x, one_hot(b.y, 3).to(float32)}; });
  testing::expect_error<ValueError>([&] { not_measured.fit(three_classes(40)); }, "name no classes");
}

TEST(TrainerErrors, OfSchedulesAndCallbacks) {
  Classes c;
  optim::SGD other(c.model.parameters(), {.lr = 0.1});
  lr::StepLR steps(c.optimizer, {.step_size = 1}), of_other(other, {.step_size = 1});
  lr::OneCycleLR one_cycle(c.optimizer, {.max_lr = 0.1, .total_steps = 9, .cycle_momentum = false});
  lr::ReduceLROnPlateau plateau(c.optimizer), highest(c.optimizer, {.mode = lr::PlateauMode::max});
  Trainer trainer = c.trainer({}), by_accuracy = c.trainer({.early_stopping = {.monitor = "validation_accuracy"}});
  trainer.schedule(steps);
  by_accuracy.schedule(highest);
  // clang-format off
  expect_errors({
      {"ValueError: Trainer: schedule: OneCycleLR counts steps; pass Every::step", [&] { trainer.schedule(one_cycle); }},
      {"ValueError: Trainer: schedule: ReduceLROnPlateau needs the monitored value, which is measured once an epoch; "
       "pass Every::epoch", [&] { trainer.schedule(plateau, Every::step); }},
      {"ValueError: Trainer: schedule: the scheduler belongs to another optimizer", [&] { trainer.schedule(of_other); }},
      {"ValueError: Trainer: schedule: the scheduler was given already",
       [&] { trainer.schedule(steps, Every::step); }},
      {"ValueError: Trainer: schedule: the monitored value is \"validation_accuracy\"; give ReduceLROnPlateau {.mode = "
       "PlateauMode::max}", [&] { by_accuracy.schedule(plateau); }},
      {"ValueError: Trainer: schedule: the monitored value is \"validation_loss\"; give ReduceLROnPlateau {.mode = "
       "PlateauMode::min}", [&] { trainer.schedule(highest); }},
      {"ValueError: Trainer: on_epoch_end: the function is empty", [&] { trainer.on_epoch_end({}); }},
      {"ValueError: Trainer: on_batch_end: the function is empty", [&] { trainer.on_batch_end({}); }},
      {"ValueError: Trainer: transform: the function is empty", [&] { trainer.transform({}); }},
  });
  // clang-format on
}

TEST(TrainerErrors, OfDataAndMonitors) {
  Classes c;
  const data::Dataset ten = three_classes(10), none = three_classes(0);
  const auto fit = [&c](const TrainerOptions& options, const DataSource& training, const DataSource& validation = {}) {
    return [&c, options, training, validation] { c.trainer(options).fit(training, validation); };
  };
  nn::Sequential regression = plain_net(1, 1);
  optim::SGD optimizer(regression.parameters(), {.lr = 0.1});
  const auto regress = [&](const char* monitor, const DataSource& validation) {
    return [&, monitor, validation] {
      Trainer(regression, nn::MSELoss(), optimizer, {.early_stopping = {.monitor = monitor, .patience = 1}})
          .fit(line(10), validation);
    };
  };
  const StateDict before = clone(c.model.state_dict());
  const Generator::State generator = default_generator().state();
  // clang-format off
  expect_errors({
      {"ValueError: fit: there is no training data", fit({}, {})},
      {"ValueError: fit: the training set is empty", fit({}, none)},
      {"ValueError: fit: the training set is empty", fit({}, data::DataLoader(none, {.batch_size = 4}))},
      {"ValueError: fit: the validation set is empty", fit({}, ten, none)},
      {"ValueError: fit: batch_size = 64 is more than the 10 samples of the training set, and drop_last leaves no batch",
       fit({.batch_size = 64, .drop_last = true}, ten)},
      {"ValueError: fit: batch_size = 11 is more than the 10 samples of the validation set, and drop_last leaves no batch",
       fit({}, ten, data::DataLoader(ten, {.batch_size = 11, .drop_last = true}))},
      {"ValueError: fit: early stopping monitors \"validation_loss\", but there is no validation data; monitor "
       "\"train_loss\"?", fit({.early_stopping = {.patience = 1}}, ten)},
      {"ValueError: fit: early stopping monitors \"validation_accuracy\", but there is no validation data; monitor "
       "\"train_accuracy\"?", fit({.early_stopping = {.monitor = "validation_accuracy", .patience = 1}}, ten)},
      {"ValueError: fit: early stopping monitors \"validation_accuracy\", but outputs (1, 1) with float32 targets (1, 1) "
       "name no classes", regress("validation_accuracy", line(9))},
      {"ValueError: fit: early stopping monitors \"train_accuracy\", but outputs (1, 1) with float32 targets (1, 1) name "
       "no classes", regress("train_accuracy", {})},
  });
  // clang-format on
  EXPECT_TRUE(same(c.model.state_dict(), before));
  EXPECT_EQ(default_generator().state(), generator);
  EXPECT_TRUE(c.model.is_training());
}

TEST(TrainerErrors, OfAPlateauWithoutValidationData) {
  Classes c;
  lr::ReduceLROnPlateau plateau(c.optimizer);
  Trainer trainer = c.trainer({});
  trainer.schedule(plateau);
  expect_errors(
      {{"ValueError: fit: ReduceLROnPlateau monitors \"validation_loss\", but there is no validation data; "
        "monitor \"train_loss\"?",
        [&trainer] { trainer.fit(three_classes(10)); }}});
}

TEST(TrainerErrors, OfTransformsAndCriteria) {
  Classes c;
  const auto with = [&c](const auto& f) {
    return [&c, f] {
      Trainer trainer = c.trainer({.batch_size = 4});
      trainer.transform(f);
      trainer.fit(three_classes(10));
    };
  };
  // clang-format off
  expect_errors({
      {"ValueError: fit: a transform returned a batch without inputs",
       with([](const data::Batch& b, Generator&) { return data::Batch{{}, b.y}; })},
      {"ValueError: fit: a transform returned a batch without targets",
       with([](const data::Batch& b, Generator&) { return data::Batch{b.x, {}}; })},
      {"ShapeError: fit: a transform returned a batch of inputs (3, 5) and targets (4); it had 4 samples",
       with([](const data::Batch& b, Generator&) { return data::Batch{b.x.narrow(0, 0, 3), b.y}; })},
      {"ShapeError: fit: a transform returned a batch of inputs (4, 5) and targets (); it had 4 samples",
       with([](const data::Batch& b, Generator&) { return data::Batch{b.x, b.y[0]}; })},
      {"ShapeError: Trainer: the criterion must return one number, it returned a tensor (8); use Reduction::mean?",
       [&c] {
         const auto criterion = [](const Tensor& x, const Tensor& y) {
           return cross_entropy(x, y, {.reduction = Reduction::none});
         };
         Trainer(c.model, criterion, c.optimizer, {.batch_size = 8}).fit(three_classes(10));
       }},
  });
  // clang-format on
}

TEST(TrainerErrors, OfAFitInsideAFit) {
  Classes c;
  Trainer trainer = c.trainer({});
  trainer.on_epoch_end([&trainer](const EpochRecord&) { trainer.fit(three_classes(10)); });
  expect_errors(
      {{"ValueError: fit: this trainer is in fit() already", [&trainer] { trainer.fit(three_classes(10)); }}});
  Trainer other = c.trainer({});
  EXPECT_EQ(other.fit(three_classes(10)).size(), 1u);
}

TEST(TrainerErrors, OfTheModelPassThrough) {
  Classes c;
  Trainer trainer = c.trainer({.batch_size = 4});
  expect_errors({{"ShapeError: linear \"0\" (5 -> 16): expected input (N, 5), got (4, 6)", [&trainer] {
                    trainer.fit(data::TensorDataset(ones({8, 6}), zeros({8}, int64)));
                  }}});
  EXPECT_EQ(trainer.fit(three_classes(8)).size(), 1u);  // nothing is left over
}

}  // namespace
}  // namespace xtape::train
