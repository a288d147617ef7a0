// The files that a Trainer writes, when it writes them, and what happens when it cannot; files that it refuses.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

#include "support/bits.hpp"
#include "support/files.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

namespace lr = optim::lr_scheduler;
using testing::bits_of;
using testing::expect_error;
using testing::expect_same_bits;
using testing::names_in;
using testing::net;
using testing::read_file;
using testing::TempDir;
using testing::three_classes;
using testing::write_file;

/// Notes all that a run tells of its files.
struct Notes {
  void on_checkpoint(const CheckpointSaved& e) { saved.push_back(e); }
  void on_warning(const Warning& e) { warnings.push_back(e.message); }
  /// "3/15 best 3/15": epoch and step of each file.
  std::string places() const {
    std::string text;
    for (const CheckpointSaved& e : saved) {
      text += (text.empty() ? "" : " ") + std::string(e.is_best ? "best " : "") + std::to_string(e.epoch) + "/" +
              std::to_string(e.step);
    }
    return text;
  }
  std::vector<CheckpointSaved> saved = {};
  std::vector<std::string> warnings = {};
};

/// Five steps an epoch.
struct Training {
  explicit Training(TrainerOptions options, std::uint64_t seed = 1) : model(net(seed)) {
    options.batch_size = 10;
    trainer = std::make_unique<Trainer>(model, nn::CrossEntropyLoss(), optimizer, options);
    trainer->sink(notes);
    manual_seed(7);
  }
  History fit() { return trainer->fit(three_classes(50), three_classes(30, 9)); }

  nn::Sequential model;
  optim::SGD optimizer{model.parameters(), {.lr = .1, .momentum = .9}};
  Notes notes;
  std::unique_ptr<Trainer> trainer;
};

// ---- what is written, and when -------------------------------------------------------------------------------------

TEST(TrainerCheckpoint, IsWrittenAfterEachEpoch) {
  const TempDir dir;
  Training t({.epochs = 3, .checkpoint = {.path = dir / "last.safetensors", .keep_best = false}});
  t.fit();
  EXPECT_EQ(t.notes.places(), "1/5 2/10 3/15");
  EXPECT_EQ(t.notes.saved[0].path, dir / "last.safetensors");
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"last.safetensors"}));
}

TEST(TrainerCheckpoint, IsWrittenEveryNStepsAndSeconds) {
  const TempDir dir;
  CheckpointOptions checkpoint{.path = dir / "last", .every_steps = 3, .keep_best = false};
  Training by_steps({.epochs = 2, .checkpoint = checkpoint});
  by_steps.fit();
  EXPECT_EQ(by_steps.notes.places(), "1/3 1/5 2/6 2/9 2/10");

  checkpoint.every_steps = 0;
  checkpoint.every_seconds = 1e-9;
  Training by_seconds({.epochs = 1, .checkpoint = checkpoint});
  by_seconds.fit();
  EXPECT_EQ(by_seconds.notes.places(), "1/1 1/2 1/3 1/4 1/5");

  checkpoint.every_seconds = 1e9;
  Training rarely({.epochs = 1, .checkpoint = checkpoint});
  rarely.fit();
  EXPECT_EQ(rarely.notes.places(), "1/5");
}

TEST(TrainerCheckpoint, IsWrittenBetweenStepsOfSeveralBatches) {
  const TempDir dir;
  Training t({.epochs = 1, .accumulate = 2, .checkpoint = {.path = dir / "x", .every_steps = 1, .keep_best = false}});
  t.fit();
  EXPECT_EQ(t.notes.places(), "1/1 1/2 1/3");
}

/// The validation losses of `history` up to the best so far, as the files of best weights should come.
std::vector<std::int64_t> record_epochs(const History& history) {
  std::vector<std::int64_t> epochs;
  double best = std::numeric_limits<double>::infinity();
  for (const EpochRecord& r : history) {
    if (r.validation_loss < best) epochs.push_back(r.epoch);
    best = std::min(best, r.validation_loss);
  }
  return epochs;
}

TEST(TrainerCheckpoint, HasTheBestWeightsBesideIt) {
  const TempDir dir;
  Training t({.epochs = 12,
              .early_stopping = {.patience = 12},
              .checkpoint = {.path = dir / "last.safetensors", .every_steps = 2}});
  const History history = t.fit();
  const std::string best = dir / "last.best.safetensors";
  std::vector<std::int64_t> epochs;
  for (const CheckpointSaved& e : t.notes.saved) {
    if (!e.is_best) continue;
    EXPECT_EQ(e.path, best);
    epochs.push_back(e.epoch);
  }
  EXPECT_EQ(epochs, record_epochs(history));
  EXPECT_LT(history.best_epoch(), 12);
  EXPECT_EQ(io::safetensors_metadata(best).at("epoch"), std::to_string(history.best_epoch()));
  const nn::Sequential other = net(5);
  other.load_state_dict(io::load_safetensors(best));
  expect_same_bits(other.state_dict(), t.model.state_dict());  // early stopping has brought the best back
}

TEST(TrainerCheckpoint, OfBestWeightsIsNamedAfterThePath) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "a.b");
  for (const auto& [path, best] : {std::pair("last.safetensors", "last.best.safetensors"),
                                   {"last", "last.best"},
                                   {".last", ".last.best"},
                                   {"a.b/last", "a.b/last.best"},
                                   {"x.y.z", "x.y.best.z"}}) {
    Training t({.epochs = 1, .checkpoint = {.path = dir / path}});
    t.fit();
    EXPECT_EQ(t.notes.saved.front().path, dir / best);
    EXPECT_TRUE(t.notes.saved.front().is_best);
  }
}

TEST(TrainerCheckpoint, IsWrittenWhenStopped) {
  const TempDir dir;
  Training t({.epochs = 3, .checkpoint = {.path = dir / "x", .keep_best = false}});
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.step == 7) t.trainer->stop();
  });
  EXPECT_EQ(t.fit().stop_reason(), "stop() was called in epoch 2, after step 7");
  EXPECT_EQ(t.notes.places(), "1/5 2/7");
}

TEST(TrainerCheckpoint, IsWrittenWhenASignalArrives) {
  const TempDir dir;
  for (const auto& [number, name] : {std::pair(SIGINT, "SIGINT"), {SIGTERM, "SIGTERM"}}) {
    const StopOnSignal guard;
    Training t({.epochs = 3, .checkpoint = {.path = dir / "x", .keep_best = false}});
    t.trainer->on_batch_end([number = number](const BatchRecord& r) {
      if (r.step == 7) raise(number);
    });
    const History history = t.fit();
    EXPECT_EQ(history.stop_cause(), StopCause::signal);
    EXPECT_EQ(history.stop_reason(), std::string(name) + " arrived in epoch 2, after step 7");
    EXPECT_EQ(t.notes.places(), "1/5 2/7");
    EXPECT_EQ(t.fit().stop_reason(), std::string(name) + " arrived before the first epoch");  // the program is to end
  }
  const StopOnSignal guard;
  Training t({.epochs = 3});
  t.trainer->on_epoch_end([](const EpochRecord&) { raise(SIGINT); });
  EXPECT_EQ(t.fit().stop_reason(), "SIGINT arrived in epoch 1, after step 5");
}

// ---- files that cannot be written ----------------------------------------------------------------------------------

/// Files of more than a few bytes cannot be written while it exists.
class NoRoom {
 public:
  NoRoom() : handler_before_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = 100;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~NoRoom() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_before_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_{};
  void (*handler_before_)(int);
};

TEST(TrainerCheckpoint, ThatCannotBeWrittenIsReportedAndTrainingGoesOn) {
  const TempDir dir;
  const std::string path = dir / "last.safetensors";
  Training undisturbed({.epochs = 4});
  undisturbed.fit();

  Training t({.epochs = 4, .checkpoint = {.path = path, .keep_best = false}});
  std::optional<NoRoom> no_room;
  std::string old_file;
  t.trainer->on_epoch_end([&](const EpochRecord& r) {
    if (r.epoch == 2) old_file = read_file(path);
    if (r.epoch == 4) {
      EXPECT_TRUE(read_file(path) == old_file);  // the file of epoch 1
    }
    no_room.reset();
    if (r.epoch == 2 || r.epoch == 3) no_room.emplace();
  });
  const History history = t.fit();
  const std::string why = "Checkpoint: \"" + path + "\": writing: File too large";
  EXPECT_EQ(t.notes.places(), "1/5 4/20");
  EXPECT_EQ(t.notes.warnings, std::vector<std::string>(2, "a checkpoint could not be written: " + why));
  EXPECT_EQ(history.stop_reason(), "epoch 4 was the last; 2 checkpoints could not be written: " + why);
  expect_same_bits(t.model.state_dict(), undisturbed.model.state_dict());
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"last.safetensors"}));
}

TEST(TrainerCheckpoint, OfBestWeightsIsTriedAgain) {
  const TempDir dir;
  Training t({.epochs = 2,
              .early_stopping = {.monitor = "train_accuracy", .min_delta = 1},
              .checkpoint = {.path = dir / "x"}});
  std::optional<NoRoom> no_room;
  t.trainer->on_epoch_end([&](const EpochRecord& r) {
    no_room.reset();
    if (r.epoch == 1) no_room.emplace();
  });
  t.fit();
  EXPECT_EQ(t.notes.places(), "best 1/10 2/10");
  EXPECT_EQ(t.notes.warnings.size(), 2u);
}

TEST(TrainerCheckpoint, InADirectoryThatCannotBeWrittenIsAnErrorBeforeTheFirstStep) {
  const TempDir dir;
  const auto expect_nothing_done = [](const std::string& path, const std::string& message) {
    Training t({.epochs = 1, .checkpoint = {.path = path}});
    const StateDict before = clone(t.model.state_dict());
    expect_error<FileError>([&t] { t.fit(); }, message);
    expect_same_bits(t.model.state_dict(), before);
  };
  expect_nothing_done(dir / "none/last.safetensors", "none");
  expect_nothing_done(dir.string(), dir.string());
  const testing::AsNobody nobody;
  expect_nothing_done(dir / "last.safetensors", "Permission denied");
}

// ---- files that are refused ----------------------------------------------------------------------------------------

/// A file of two epochs and two steps.
std::string saved_in(const TempDir& dir) {
  const std::string path = dir / "saved.safetensors";
  Training t({.epochs = 4, .seed = 3, .checkpoint = {.path = path, .every_steps = 1, .keep_best = false}});
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.step == 12) t.trainer->stop();
  });
  t.fit();
  return path;
}

TEST(Resume, RefusesAFileThatIsNoTrainersAtOnce) {
  const TempDir dir;
  const std::string good = saved_in(dir), bad = dir / "bad";
  Training t({.epochs = 4, .seed = 3});
  const auto resume = [&t](const std::string& path) { return [&t, path] { t.trainer->resume(path); }; };
  expect_error<FileError>(resume(dir / "none"), "\"" + (dir / "none") + "\"");
  std::string bytes = read_file(good);
  bytes[bytes.size() - 7] ^= 1;
  write_file(bad, bytes);
  expect_error<FileError>(resume(bad), "Checkpoint: \"" + bad + "\" is damaged");
  write_file(bad, bytes.substr(0, bytes.size() - 1));
  expect_error<FileError>(resume(bad), "\"" + bad + "\"", "truncated");
  io::save_safetensors(bad, t.model.state_dict());
  expect_error<FileError>(resume(bad), "Checkpoint: \"" + bad + "\" is no checkpoint; load_safetensors reads it");
  io::Checkpoint(t.model, t.optimizer).save(bad);
  expect_error<FileError>(resume(bad),
                          "resume: \"" + bad + "\" is a checkpoint, but not of a Trainer: it has no part \"trainer\"");
  const History whole = t.fit();  // as if nothing had been tried
  EXPECT_EQ(whole.size(), 4u);
}

/// Expects that fit() of this trainer throws, and changes nothing; then that it does so again.
template <class E>
void expect_refused(const std::string& path, const nn::Module& model, optim::Optimizer& optimizer, Trainer& trainer,
                    const std::string& message, const DataSource& training = three_classes(50),
                    const DataSource& validation = three_classes(30, 9)) {
  SCOPED_TRACE(message);
  const StateDict weights = clone(model.state_dict()), state = optimizer.state_dict();
  const Generator::State generator = default_generator().state();
  trainer.resume(path);
  for (int i = 0; i < 2; ++i) expect_error<E>([&] { trainer.fit(training, validation); }, message);
  expect_same_bits(model.state_dict(), weights);
  expect_same_bits(optimizer.state_dict(), state);
  EXPECT_EQ(default_generator().state(), generator);
}

TEST(Resume, RefusesOptionsThatDecideOtherNumbers) {
  const TempDir dir;
  const std::string path = saved_in(dir);
  const TrainerOptions same{.epochs = 4, .batch_size = 10, .seed = 3};
  const auto expect_option = [&path](const TrainerOptions& options, const std::string& message,
                                     std::int64_t samples = 50, const DataSource& validation = three_classes(30, 9)) {
    const nn::Sequential model = net(2);
    optim::SGD optimizer(model.parameters(), {.lr = .1, .momentum = .9});
    Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, options);
    expect_refused<FileError>(path, model, optimizer, trainer, "resume: \"" + path + "\" was written " + message,
                              three_classes(samples), validation);
  };
  const auto with = [&same](auto set) {
    TrainerOptions options = same;
    set(options);
    return options;
  };
  expect_option(with([](auto& o) { o.batch_size = 5; }), "with batch_size = 10, this run has 5");
  expect_option(with([](auto& o) { o.shuffle = false; }), "with shuffle = true, this run has false");
  expect_option(with([](auto& o) { o.drop_last = true; }), "with drop_last = false, this run has true");
  expect_option(with([](auto& o) { o.seed = 4; }), "with seed = 3, this run has 4");
  expect_option(with([](auto& o) { o.accumulate = 2; }), "with accumulate = 1, this run has 2");
  expect_option(with([](auto& o) { o.clip_grad_norm = 1; }), "with clip_grad_norm = 0, this run has 1");
  expect_option(with([](auto& o) { o.ema = .5; }), "with ema = 0, this run has 0.5");
  expect_option(same, "with training_samples = 50, this run has 60", 60);
  expect_option(same, "by a run that monitors \"validation_loss\", this one monitors \"train_loss\"", 50, {});
}

TEST(Resume, RefusesAnotherModelOptimizerOrScheduler) {
  const TempDir dir;
  const std::string path = saved_in(dir);
  const TrainerOptions options{.epochs = 4, .batch_size = 10, .seed = 3};
  const nn::CrossEntropyLoss criterion;
  {
    manual_seed(2);
    const nn::Sequential model{nn::Linear(5, 8), nn::BatchNorm1d(8), nn::Linear(8, 3)};
    optim::SGD optimizer(model.parameters(), {.lr = .1, .momentum = .9});
    Trainer trainer(model, criterion, optimizer, options);
    expect_refused<ShapeError>(path, model, optimizer, trainer,
                               "load_state_dict: \"0.weight\" is (16, 5) in the dict, (8, 5) in the module");
  }
  const nn::Sequential model = net(2);
  {
    optim::Adam optimizer(model.parameters());
    Trainer trainer(model, criterion, optimizer, options);
    expect_refused<FileError>(path, model, optimizer, trainer,
                              "\"" + path + "\": the state of \"optimizer\" does not fit");
  }
  optim::SGD optimizer(model.parameters(), {.lr = .1, .momentum = .9});
  lr::ExponentialLR scheduler(optimizer, {.gamma = .9});
  {
    Trainer trainer(model, criterion, optimizer, options);
    trainer.schedule(scheduler, Every::step);
    expect_refused<FileError>(path, model, optimizer, trainer,
                              "\"" + path + "\": the parts do not match: missing [\"step_scheduler0\"], unexpected []");
  }
  const std::string scheduled = dir / "scheduled";
  {
    Trainer trainer(model, criterion, optimizer, {.epochs = 1, .checkpoint = {.path = scheduled}});
    trainer.schedule(scheduler, Every::step);
    trainer.fit(three_classes(50));
  }
  {
    Trainer trainer(model, criterion, optimizer, {.epochs = 2});
    trainer.schedule(scheduler);
    expect_refused<FileError>(
        scheduled, model, optimizer, trainer,
        "the parts do not match: missing [\"epoch_scheduler0\"], unexpected [\"step_scheduler0\"]", three_classes(50),
        {});
  }
  {
    lr::StepLR other(optimizer, {.step_size = 2});
    Trainer trainer(model, criterion, optimizer, {.epochs = 2});
    trainer.schedule(other, Every::step);
    expect_refused<FileError>(scheduled, model, optimizer, trainer, "the state of \"step_scheduler0\" does not fit",
                              three_classes(50), {});
  }
}

// ---- going on ------------------------------------------------------------------------------------------------------

TEST(Resume, OfARunThatHasEndedReturnsItsHistory) {
  const TempDir dir;
  const TrainerOptions options{.epochs = 3, .ema = .9, .checkpoint = {.path = dir / "last", .keep_best = false}};
  Training first(options);
  const History expected = first.fit();
  Training again(options, 9);
  again.trainer->resume(dir / "last");
  const History history = again.fit();
  EXPECT_EQ(history.to_csv(), expected.to_csv());
  EXPECT_EQ(history.stop_reason(), expected.stop_reason());
  EXPECT_EQ(history.verdict(), expected.verdict());
  expect_same_bits(again.model.state_dict(), first.model.state_dict());
}

TEST(Resume, GoesOnWithMoreEpochs) {
  const TempDir dir;
  const auto options = [&dir](std::int64_t epochs) {
    return TrainerOptions{
        .epochs = epochs, .early_stopping = {.patience = 9}, .checkpoint = {.path = dir / "last", .keep_best = false}};
  };
  Training whole(options(5));
  whole.fit();
  Training first(options(2));
  first.fit();
  Training more(options(5), 9);
  more.trainer->resume(dir / "last");
  EXPECT_EQ(more.fit().size(), 5u);
  expect_same_bits(more.model.state_dict(), whole.model.state_dict());
  EXPECT_EQ(more.fit().size(), 5u);  // a second fit() begins anew
}

}  // namespace
}  // namespace xtape::train
