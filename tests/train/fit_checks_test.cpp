// What a Trainer notices before its first step: an optimizer of another model, nothing to train, learning rates for too
// few steps, validation data that does not fit, options that are ignored.
#include <cmath>
#include <limits>
#include <sstream>

#include "support/files.hpp"
#include "support/misuse.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

namespace lr = optim::lr_scheduler;
using testing::expect_errors;
using testing::net;
using testing::plain_net;
using testing::same;
using testing::three_classes;

struct WarningNotes {
  void on_warning(const Warning& w) { lines.push_back(w.message); }
  std::vector<std::string> lines = {};
};

/// Five batches an epoch.
struct Checked {
  explicit Checked(TrainerOptions options) : trainer(model, nn::CrossEntropyLoss(), optimizer, ten(options)) {
    trainer.sink(notes);
  }
  static TrainerOptions ten(TrainerOptions options) {
    options.batch_size = 10;
    return options;
  }
  lr::OneCycleLROptions cycle(std::int64_t steps) const { return {.max_lr = 0.1, .total_steps = steps}; }
  History fit() { return trainer.fit(fifty, three_classes(30, 9)); }

  const data::TensorDataset fifty = three_classes(50);
  nn::Sequential model = net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.1, .momentum = 0.9}};
  WarningNotes notes;
  Trainer trainer;
};

using Lines = std::vector<std::string>;

// ---- what is trained -----------------------------------------------------------------------------------------------

TEST(FitChecks, TheOptimizerHasParametersOfTheModel) {
  const nn::Sequential model = net();
  optim::SGD of_a_clone(clone(model).parameters(), {.lr = 0.1});
  expect_errors({{"ValueError: Trainer: the optimizer holds no parameter of the model; it was made for another one?",
                  [&] { Trainer(model, nn::CrossEntropyLoss(), of_a_clone); }}});

  // Some are enough, and those of a criterion may be among them.
  std::vector<Tensor> some = {zeros({1}, {.requires_grad = true}), model.parameters().back()};
  optim::SGD optimizer(some, {.lr = 0.1});
  EXPECT_EQ(Trainer(model, nn::CrossEntropyLoss(), optimizer).fit(three_classes(40)).size(), 1u);
}

TEST(FitChecks, SomethingRequiresGrad) {
  Checked c({});
  for (Tensor p : c.model.parameters()) p.requires_grad_(false);
  expect_errors({{"ValueError: fit: no parameter of the optimizer requires grad, so that there is nothing to train",
                  [&c] { c.fit(); }}});
  c.model.parameters().back().requires_grad_(true);
  EXPECT_EQ(c.fit().size(), 1u);
}

// ---- OneCycleLR ----------------------------------------------------------------------------------------------------

TEST(FitChecks, AOneCycleLRLastsForAllSteps) {
  for (const auto& [accumulate, drop_last, samples, steps] :
       {std::tuple{1, false, 50, 15}, {2, false, 50, 9}, {1, false, 52, 18}, {1, true, 52, 15}}) {
    Checked exact({.epochs = 3, .drop_last = drop_last, .accumulate = accumulate});
    Checked shorter({.epochs = 3, .drop_last = drop_last, .accumulate = accumulate});
    lr::OneCycleLR fits(exact.optimizer, exact.cycle(steps)), too_short(shorter.optimizer, exact.cycle(steps - 1));
    exact.trainer.schedule(fits, Every::step);
    shorter.trainer.schedule(too_short, Every::step);
    EXPECT_EQ(exact.trainer.fit(three_classes(samples)).size(), 3u);
    EXPECT_EQ(exact.notes.lines, Lines{});
    const StateDict before = clone(shorter.model.state_dict());
    const std::string n = std::to_string(steps),
                      message = "ValueError: Trainer: OneCycleLR has total_steps = " + std::to_string(steps - 1) +
                                ", but fit() goes on to step " + n + "; give total_steps = " + n;
    expect_errors({{message.c_str(), [&, count = samples] { shorter.trainer.fit(three_classes(count)); }}});
    EXPECT_TRUE(same(shorter.model.state_dict(), before));
  }
}

TEST(FitChecks, AOneCycleLRThatIsTooLongGivesOneWarning) {
  Checked c({.epochs = 2});
  lr::OneCycleLR cycle(c.optimizer, c.cycle(30));
  c.trainer.schedule(cycle, Every::step);
  c.fit();
  c.fit();
  EXPECT_EQ(c.notes.lines,
            Lines{"OneCycleLR has total_steps = 30, but fit() ends at step 10: lr will not fall to its end"});
  expect_errors(
      {{"ValueError: Trainer: OneCycleLR has total_steps = 30, but fit() goes on to step 40; give "
        "total_steps = 40",
        [&c] {
          c.fit();
          c.fit();
        }}});
}

TEST(FitChecks, AOneCycleLRInASequenceCountsFromItsMilestone) {
  Checked c({.epochs = 2});
  lr::LinearLR warm_up(c.optimizer, {.total_iters = 4});
  lr::OneCycleLR cycle(c.optimizer, c.cycle(5));
  lr::SequentialLR both(c.optimizer, {.schedulers = {warm_up, cycle}, .milestones = {4}});
  expect_errors({{"ValueError: Trainer: schedule: OneCycleLR counts steps; pass Every::step",
                  [&] { c.trainer.schedule(both); }}});
  c.trainer.schedule(both, Every::step);
  expect_errors(
      {{"ValueError: Trainer: OneCycleLR has total_steps = 5, but fit() goes on to step 6; give total_steps "
        "= 6",
        [&c] { c.fit(); }}});

  Checked exact({.epochs = 2});
  lr::OneCycleLR first(exact.optimizer, exact.cycle(3)), never(exact.optimizer, exact.cycle(1));
  lr::LinearLR then(exact.optimizer);
  lr::SequentialLR three(exact.optimizer, {.schedulers = {first, then, never}, .milestones = {4, 11}});
  exact.trainer.schedule(three, Every::step);
  EXPECT_EQ(exact.fit().size(), 2u);
  EXPECT_EQ(exact.notes.lines, Lines{});
}

TEST(FitChecks, AResumedRunCountsTheStepsThatWereMade) {
  const testing::TempDir dir;
  const auto run = [&dir](std::int64_t epochs, std::int64_t stop_at, std::int64_t total_steps) {
    Checked c({.epochs = epochs, .checkpoint = {.path = dir / "x"}});
    lr::OneCycleLR cycle(c.optimizer, c.cycle(total_steps));
    c.trainer.schedule(cycle, Every::step);
    if (stop_at == 0) c.trainer.resume(dir / "x");
    c.trainer.on_batch_end([&c, stop_at](const BatchRecord& r) {
      if (r.step == stop_at) c.trainer.stop();
    });
    return c.fit().size();
  };
  EXPECT_EQ(run(3, 7, 15), 1u);
  expect_errors(
      {{"ValueError: Trainer: OneCycleLR has total_steps = 15, but fit() goes on to step 20; give "
        "total_steps = 20",
        [&run] { run(4, 0, 15); }}});
  EXPECT_EQ(run(3, 0, 15), 3u);
}

// ---- validation ----------------------------------------------------------------------------------------------------

TEST(FitChecks, ValidationThatFailsDoesSoBeforeTraining) {
  Checked c({.epochs = 2});
  const auto with = [&c](const Tensor& x, const Tensor& y) {
    return [&c, x, y] { c.trainer.fit(c.fifty, data::TensorDataset(x, y)); };
  };
  const StateDict before = clone(c.model.state_dict());
  expect_errors({
      {"ShapeError: validation: linear \"0\" (5 -> 16): expected input (N, 5), got (10, 6)",
       with(ones({20, 6}), zeros({20}, int64))},
      {"IndexError: validation: cross_entropy: target[0] = 3 is outside [0, 3)", with(ones({20, 5}), full({20}, 3))},
  });
  EXPECT_TRUE(same(c.model.state_dict(), before));
  EXPECT_TRUE(c.model.is_training());
  EXPECT_EQ(c.fit().size(), 2u);
}

TEST(FitChecks, AnErrorOfALaterValidationBatchSaysThatItIsOne) {
  Checked c({.epochs = 2});
  Tensor y = zeros({20}, int64);
  y.span<std::int64_t>()[19] = 7;
  try {
    c.trainer.fit(c.fifty, data::TensorDataset(ones({20, 5}), y));
    ADD_FAILURE() << "no error";
  } catch (const IndexError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("validation: cross_entropy: ", 0), 0u) << error.what();
  }
}

/// Draws and counts in evaluation mode, too.
struct Restless : nn::Module {
  Tensor calls = register_buffer("calls", zeros({}, int64));
  Tensor forward(const Tensor& x) const {
    Tensor(calls).add_(1);
    return x + 0 * rand({1});
  }
};

TEST(FitChecks, TheTrialOfValidationLeavesNoTrace) {
  const Restless restless;
  nn::Sequential model{restless, nn::Linear(5, 3)};
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.batch_size = 10});
  manual_seed(3);
  const Generator::State generator = default_generator().state();
  const data::DataLoader validation(three_classes(30), {.batch_size = 7, .shuffle = true});
  struct AtTheBeginning {
    std::int64_t& calls;
    Generator::State& state;
    const nn::Module& model;
    void on_fit_begin(const FitBegin&) {
      calls = model.buffers()[0].item<std::int64_t>();
      state = default_generator().state();
    }
  };
  std::int64_t calls = -1;
  Generator::State state;
  trainer.sink(AtTheBeginning{calls, state, model});
  trainer.fit(three_classes(50), validation);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(state, generator);
  EXPECT_EQ(validation.epoch(), 1) << "one for the one epoch of training";
}

TEST(FitChecks, AValidationLossOfNaNGivesOneWarning) {
  Checked c({.epochs = 3});
  const Tensor x = full({20, 5}, std::numeric_limits<double>::quiet_NaN(), {.dtype = float32});
  c.trainer.fit(c.fifty, data::TensorDataset(x, three_classes(20).targets()));
  EXPECT_EQ(c.notes.lines, Lines{"validation_loss is NaN in epoch 1; does the validation data hold NaN?"});
}

// ---- files and options ---------------------------------------------------------------------------------------------

TEST(FitChecks, TheDirectoryOfCheckpointsExists) {
  const testing::TempDir dir;
  const std::string path = dir / "ckpt/last.safetensors", message = "FileError: Checkpoint: \"" + path +
                                                                    "\": the directory \"" + (dir / "ckpt") +
                                                                    "\" does not exist";
  expect_errors({{message.c_str(), [&path] { Checked({.checkpoint = {.path = path}}).fit(); }}});
}

TEST(FitChecks, OptionsBesideALoaderGiveOneWarning) {
  const auto warnings = [](const TrainerOptions& options, const data::DataLoaderOptions& of_loader,
                           const DataSource& validation = {}) {
    nn::Sequential model = plain_net();
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    WarningNotes notes;
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, options);
    trainer.sink(notes);
    trainer.fit(data::DataLoader(three_classes(20), of_loader), validation);
    trainer.fit(data::DataLoader(three_classes(20), of_loader), validation);
    return notes.lines;
  };
  const std::string ignored = "the training data is a DataLoader, whose own options hold; TrainerOptions are ignored: ";
  EXPECT_EQ(warnings({.batch_size = 8, .shuffle = false, .num_workers = 1, .drop_last = true},
                     {.batch_size = 4, .shuffle = true}),
            Lines{ignored + "batch_size, shuffle, num_workers, drop_last"});
  EXPECT_EQ(warnings({.drop_last = true}, {.batch_size = 4}), Lines{ignored + "drop_last"});
  EXPECT_EQ(warnings({}, {.batch_size = 4}), Lines{}) << "defaults";
  EXPECT_EQ(warnings({.batch_size = 8}, {.batch_size = 8}), Lines{}) << "the same";
  EXPECT_EQ(warnings({.batch_size = 8}, {.batch_size = 4}, three_classes(20)), Lines{}) << "used for validation";
}

// Such a loss falls, but slowly, and says nothing about the probabilities.
TEST(FitChecks, OutputsThatTheLossTakesForSomethingElseGiveOneWarning) {
  const auto warnings = [](auto end, auto criterion) {
    nn::Sequential model = plain_net();
    model.append(end);
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    WarningNotes notes;
    Trainer trainer(model, criterion, optimizer, {.epochs = 2, .batch_size = 8});
    trainer.sink(notes);
    trainer.fit(three_classes(20));
    return notes.lines;
  };
  EXPECT_EQ(
      warnings(nn::Softmax(1), nn::CrossEntropyLoss()),
      Lines{"the model's outputs are probabilities, of which CrossEntropyLoss takes the softmax again: leave Softmax "
            "out of the model"});
  const Lines no_logarithms = {
      "the model's outputs are no logarithms of probabilities, which NLLLoss takes: end the model "
      "with LogSoftmax, or use CrossEntropyLoss"};
  EXPECT_EQ(warnings(nn::Softmax(1), nn::NLLLoss()), no_logarithms);
  EXPECT_EQ(warnings(nn::ReLU(), nn::NLLLoss()), no_logarithms);
  EXPECT_EQ(warnings(nn::Identity(), nn::CrossEntropyLoss()), Lines{});
  EXPECT_EQ(warnings(nn::Sigmoid(), nn::CrossEntropyLoss()), Lines{}) << "of no sum 1";
  const nn::Lambda to_sum_of_1([](const Tensor& x) { return x - x.mean(1, true) + 1.0 / 3; });
  EXPECT_EQ(warnings(to_sum_of_1, nn::CrossEntropyLoss()), Lines{}) << "some are negative";
  EXPECT_EQ(warnings(nn::LogSoftmax(1), nn::CrossEntropyLoss()), Lines{}) << "the same loss";
  EXPECT_EQ(warnings(nn::LogSoftmax(1), nn::NLLLoss()), Lines{});
}

TEST(FitChecks, EvaluationTakesOptions) {
  Checked c({});
  EXPECT_NE(c.trainer.evaluate(c.fifty, {.classes = {"ant", "bee", "cat"}}).report().find("bee"), std::string::npos);
  const Evaluation e = c.trainer.evaluate(c.fifty);
  std::ostringstream out;
  out << e;
  EXPECT_EQ(out.str(), e.to_string());
}

}  // namespace
}  // namespace xtape::train
