// A run that is stopped and goes on from its file, in fresh objects, is the run that was never stopped, bit for bit.
#include <csignal>
#include <filesystem>
#include <memory>

#include "support/bits.hpp"
#include "support/files.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

namespace lr = optim::lr_scheduler;
using testing::bits_of;
using testing::expect_same_bits;
using testing::net;
using testing::TempDir;
using testing::three_classes;

/// All but the seconds, so that equal runs have equal texts.
std::string bits_of_history(const History& history) {
  std::string text = history.stop_reason() + " " + history.data().monitor;
  for (const EpochRecord& r : history) {
    for (const double number :
         {static_cast<double>(r.epoch), r.train_loss, r.train_accuracy, r.validation_loss, r.validation_accuracy, r.lr,
          static_cast<double>(r.steps), r.train_eval_loss, r.train_eval_accuracy, r.gap, r.gap_low, r.gap_high}) {
      char digits[40];
      std::snprintf(digits, sizeof digits, " %a", number);
      text += digits;
    }
  }
  const HistoryData& data = history.data();
  for (const std::int64_t n : {static_cast<std::int64_t>(data.cause), data.training_samples, data.validation_samples,
                               data.train_eval_samples, data.classes}) {
    text += " " + std::to_string(n);
  }
  return text;
}

/// What a program trains with, made anew for each run.
struct Program {
  explicit Program(std::uint64_t seed) : model(net(seed)) {}
  virtual ~Program() = default;
  virtual History fit(Trainer& trainer) = 0;

  /// Adds to `trainer` what all runs have, and runs it.
  void run(Trainer& trainer) {
    trainer.on_batch_end([this](const BatchRecord& r) { losses.push_back(r.loss); });
    history = std::make_unique<History>(fit(trainer));
  }

  nn::Sequential model;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::vector<std::unique_ptr<lr::LRScheduler>> schedulers;
  std::vector<double> losses;
  std::unique_ptr<History> history;
};

/// SGD with momentum on a dataset, without validation.
struct Plain : Program {
  explicit Plain(std::uint64_t seed) : Program(seed) {
    optimizer = std::make_unique<optim::SGD>(model.parameters(), optim::SGDOptions{.lr = .05, .momentum = .9});
  }
  static TrainerOptions options() { return {.epochs = 3, .batch_size = 9, .seed = 4}; }
  History fit(Trainer& trainer) override { return trainer.fit(three_classes(50)); }
};

/// With everything that has a state, until early stopping ends it.
struct Full : Program {
  explicit Full(std::uint64_t seed) : Program(seed) {
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = .05});
    schedulers.push_back(std::make_unique<lr::ExponentialLR>(*optimizer, lr::ExponentialLROptions{.gamma = .99}));
    schedulers.push_back(
        std::make_unique<lr::ReduceLROnPlateau>(*optimizer, lr::ReduceLROnPlateauOptions{.factor = .5, .patience = 0}));
  }
  static TrainerOptions options() {
    return {.epochs = 20,
            .batch_size = 9,
            .seed = 4,
            .accumulate = 2,
            .clip_grad_norm = 1,
            .ema = .9,
            .early_stopping = {.patience = 2}};
  }
  History fit(Trainer& trainer) override {
    trainer.schedule(*schedulers[0], Every::step);
    trainer.schedule(*schedulers[1]);
    trainer.transform([](data::Batch b, Generator& g) {
      b.x = b.x + 0.3 * randn_like(b.x, {.generator = &g});
      return b;
    });
    return trainer.fit(three_classes(50), three_classes(30, 9));
  }
};

/// With loaders of the program's own, both shuffled.
struct WithLoaders : Program {
  explicit WithLoaders(std::uint64_t seed) : Program(seed) {
    optimizer = std::make_unique<optim::AdamW>(model.parameters(), optim::AdamWOptions{.lr = .01});
  }
  static TrainerOptions options() { return {.epochs = 3, .ema = .99}; }
  History fit(Trainer& trainer) override {
    const data::DataLoader training(three_classes(50),
                                    {.batch_size = 8, .shuffle = true, .drop_last = true, .seed = 3});
    training.begin();  // an epoch that was left: fit() begins with the second
    const data::DataLoader validation(three_classes(30, 9), {.batch_size = 7, .shuffle = true});
    return trainer.fit(training, validation);
  }
};

void expect_same_programs(const Program& a, const Program& b) {
  expect_same_bits(a.model.state_dict(), b.model.state_dict());
  expect_same_bits(a.optimizer->state_dict(), b.optimizer->state_dict());
  for (std::size_t i = 0; i < a.schedulers.size(); ++i) {
    expect_same_bits(a.schedulers[i]->state_dict(), b.schedulers[i]->state_dict());
  }
  EXPECT_EQ(bits_of_history(*a.history), bits_of_history(*b.history));
}

/// Keeps a copy of each file that is written, and how many batches came before it.
struct KeepFiles {
  void on_batch_end(const BatchRecord&) { ++batches; }
  void on_checkpoint(const CheckpointSaved& saved) {
    if (saved.is_best) return;
    files.push_back({dir / std::to_string(files.size()), batches});
    std::filesystem::copy_file(saved.path, files.back().path);
  }
  struct File {
    std::string path;
    std::size_t batches;
  };
  const TempDir& dir;
  std::size_t batches = 0;
  std::vector<File> files = {};
};

template <class P>
void expect_continues_from_every_step(std::int64_t batches_in_epoch, std::int64_t steps_in_epoch) {
  const TempDir dir;
  P whole(1);
  manual_seed(7);
  Trainer trainer(whole.model, nn::CrossEntropyLoss(), *whole.optimizer, P::options());
  whole.run(trainer);
  const Generator::State drawn = default_generator().state();
  EXPECT_EQ(static_cast<std::int64_t>(whole.losses.size() / whole.history->size()), batches_in_epoch);

  TrainerOptions saving = P::options();
  saving.checkpoint = {.path = dir / "last.safetensors", .every_steps = 1};
  KeepFiles keep{dir};
  {
    P again(1);
    manual_seed(7);
    Trainer saver(again.model, nn::CrossEntropyLoss(), *again.optimizer, saving);
    saver.sink(keep);
    again.run(saver);
    expect_same_programs(again, whole);  // saving changes nothing
  }
  EXPECT_EQ(keep.files.size(), whole.history->size() * static_cast<std::size_t>(steps_in_epoch));

  for (const auto& [path, batches] : keep.files) {
    SCOPED_TRACE(path);
    P resumed(99);
    manual_seed(100);
    const float* const place = resumed.model.parameters()[0].template data<float>();
    Trainer continuing(resumed.model, nn::CrossEntropyLoss(), *resumed.optimizer, P::options());
    continuing.resume(path);
    resumed.run(continuing);
    expect_same_programs(resumed, whole);
    EXPECT_EQ(resumed.losses,
              std::vector<double>(whole.losses.begin() + static_cast<std::ptrdiff_t>(batches), whole.losses.end()));
    EXPECT_EQ(default_generator().state(), drawn);
    EXPECT_EQ(resumed.model.parameters()[0].template data<float>(), place);
  }
}

TEST(Resume, IsExactFromEveryStep) { expect_continues_from_every_step<Plain>(6, 6); }

TEST(Resume, IsExactFromEveryStepWithAllThatHasAState) { expect_continues_from_every_step<Full>(6, 3); }

TEST(Resume, IsExactFromEveryStepOfALoader) { expect_continues_from_every_step<WithLoaders>(6, 6); }

}  // namespace
}  // namespace xtape::train
