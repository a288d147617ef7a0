// The files that a Trainer writes, when it writes them, and what happens when it cannot.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "support/bits.hpp"
#include "support/files.hpp"
#include "support/signals.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::expect_error;
using testing::expect_same_bits;
using testing::names_in;
using testing::net;
using testing::read_file;
using testing::SmallTraining;
using testing::TempDir;

// ---- what is written, and when -------------------------------------------------------------------------------------

TEST(TrainerCheckpoint, IsWrittenAfterEachEpoch) {
  const TempDir dir;
  SmallTraining t({.epochs = 3, .checkpoint = {.path = dir / "last.safetensors", .keep_best = false}});
  t.fit();
  EXPECT_EQ(t.notes.places(), "1/5 2/10 3/15");
  EXPECT_EQ(t.notes.saved[0].path, dir / "last.safetensors");
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"last.safetensors"}));
}

TEST(TrainerCheckpoint, IsWrittenEveryNStepsAndSeconds) {
  const TempDir dir;
  CheckpointOptions checkpoint{.path = dir / "last", .every_steps = 3, .keep_best = false};
  SmallTraining by_steps({.epochs = 2, .checkpoint = checkpoint});
  by_steps.fit();
  EXPECT_EQ(by_steps.notes.places(), "1/3 1/5 2/6 2/9 2/10");

  checkpoint.every_steps = 0;
  checkpoint.every_seconds = 1e-9;
  SmallTraining by_seconds({.epochs = 1, .checkpoint = checkpoint});
  by_seconds.fit();
  EXPECT_EQ(by_seconds.notes.places(), "1/1 1/2 1/3 1/4 1/5");

  checkpoint.every_seconds = 1e9;
  SmallTraining rarely({.epochs = 1, .checkpoint = checkpoint});
  rarely.fit();
  EXPECT_EQ(rarely.notes.places(), "1/5");
}

TEST(TrainerCheckpoint, IsWrittenBetweenStepsOfSeveralBatches) {
  const TempDir dir;
  SmallTraining t(
      {.epochs = 1, .accumulate = 2, .checkpoint = {.path = dir / "x", .every_steps = 1, .keep_best = false}});
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
  SmallTraining t({.epochs = 12,
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
    SmallTraining t({.epochs = 1, .checkpoint = {.path = dir / path}});
    t.fit();
    EXPECT_EQ(t.notes.saved.front().path, dir / best);
    EXPECT_TRUE(t.notes.saved.front().is_best);
  }
}

TEST(TrainerCheckpoint, OfBestWeightsHasTheNameThatItIsGiven) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "other");
  SmallTraining t(
      {.epochs = 2, .checkpoint = {.path = dir / "last.safetensors", .best_path = dir / "other/best.safetensors"}});
  t.fit();
  EXPECT_EQ(t.notes.saved.front().path, dir / "other/best.safetensors");
  EXPECT_TRUE(t.notes.saved.front().is_best);
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"last.safetensors", "other"}));
  net(5).load_state_dict(io::load_safetensors(dir / "other/best.safetensors"));
}

TEST(TrainerCheckpoint, OfBestWeightsMayBeTheOnlyFile) {
  const TempDir dir;
  SmallTraining t({.epochs = 12, .checkpoint = {.every_steps = 1, .best_path = dir / "best"}});
  const History history = t.fit();
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"best"}));
  std::vector<std::int64_t> epochs;
  for (const CheckpointSaved& e : t.notes.saved) {
    EXPECT_TRUE(e.is_best);
    epochs.push_back(e.epoch);
  }
  EXPECT_EQ(epochs, record_epochs(history));
}

TEST(TrainerCheckpoint, OfBestWeightsHasTheTextsThatItIsGiven) {
  const TempDir dir;
  const io::Metadata texts = {{"classes", "[\"T-shirt\", \"Bettwäsche\"]"}, {"", "a name may be empty"}};
  SmallTraining t({.epochs = 1, .checkpoint = {.path = dir / "last", .best_path = dir / "best", .metadata = texts}});
  const History history = t.fit();
  const io::Metadata written = io::safetensors_metadata(dir / "best");
  EXPECT_EQ(written.size(), 4u);
  for (const auto& [name, text] : texts) EXPECT_EQ(written.at(name), text);
  EXPECT_EQ(written.at("epoch"), "1");
  EXPECT_EQ(std::stod(written.at("validation_loss")), history[0].validation_loss);
  EXPECT_FALSE(io::safetensors_metadata(dir / "last").contains("classes"));
}

TEST(TrainerCheckpoint, IsWrittenWhenStopped) {
  const TempDir dir;
  SmallTraining t({.epochs = 3, .checkpoint = {.path = dir / "x", .keep_best = false}});
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.step == 7) t.trainer->stop();
  });
  EXPECT_EQ(t.fit().stop_reason(), "stop() was called in epoch 2, after step 7");
  EXPECT_EQ(t.notes.places(), "1/5 2/7");
}

TEST(TrainerCheckpoint, IsWrittenWhenASignalArrives) {
  const TempDir dir;
  for (const auto& [number, name] : {std::pair(SIGINT, "SIGINT"), {SIGTERM, "SIGTERM"}}) {
    const testing::DefaultSignals in_the_foreground;
    const StopOnSignal guard;
    SmallTraining t({.epochs = 3, .checkpoint = {.path = dir / "x", .keep_best = false}});
    t.trainer->on_batch_end([number = number](const BatchRecord& r) {
      if (r.step == 7) raise(number);
    });
    const History history = t.fit();
    EXPECT_EQ(history.stop_cause(), StopCause::signal);
    EXPECT_EQ(history.stop_reason(), std::string(name) + " arrived in epoch 2, after step 7");
    EXPECT_EQ(t.notes.places(), "1/5 2/7");
    EXPECT_EQ(t.fit().stop_reason(), std::string(name) + " arrived before the first epoch");  // the program is to end
  }
  const testing::DefaultSignals in_the_foreground;
  const StopOnSignal guard;
  SmallTraining t({.epochs = 3});
  t.trainer->on_epoch_end([](const EpochRecord&) { raise(SIGINT); });
  EXPECT_EQ(t.fit().stop_reason(), "SIGINT arrived in epoch 1, after step 5");
}

// ---- files that cannot be written ----------------------------------------------------------------------------------

TEST(TrainerCheckpoint, ThatCannotBeWrittenIsReportedAndTrainingGoesOn) {
  const TempDir dir;
  const std::string path = dir / "last.safetensors";
  SmallTraining undisturbed({.epochs = 4});
  undisturbed.fit();

  SmallTraining t({.epochs = 4, .checkpoint = {.path = path, .keep_best = false}});
  std::optional<testing::FullDisk> no_room;
  std::string old_file;
  t.trainer->on_epoch_end([&](const EpochRecord& r) {
    if (r.epoch == 2) old_file = read_file(path);
    if (r.epoch == 4) {
      EXPECT_TRUE(read_file(path) == old_file);  // the file of epoch 1
    }
    no_room.reset();
    if (r.epoch == 2 || r.epoch == 3) no_room.emplace(100);
  });
  const History history = t.fit();
  const std::string why = "Checkpoint: \"" + path + "\": writing: File too large";
  EXPECT_EQ(t.notes.places(), "1/5 4/20");
  EXPECT_EQ(t.notes.warnings, std::vector<std::string>(2, "a checkpoint could not be written: " + why));
  EXPECT_EQ(t.notes.kinds, std::vector(2, train::WarningKind::checkpoint_failed));
  EXPECT_EQ(history.stop_reason(), "epoch 4 was the last; 2 checkpoints could not be written: " + why);
  expect_same_bits(t.model.state_dict(), undisturbed.model.state_dict());
  EXPECT_EQ(names_in(dir.string()), (std::vector<std::string>{"last.safetensors"}));
}

TEST(TrainerCheckpoint, OfBestWeightsIsTriedAgain) {
  const TempDir dir;
  SmallTraining t({.epochs = 2,
                   .early_stopping = {.monitor = "train_accuracy", .min_delta = 1},
                   .checkpoint = {.path = dir / "x"}});
  std::optional<testing::FullDisk> no_room;
  t.trainer->on_epoch_end([&](const EpochRecord& r) {
    no_room.reset();
    if (r.epoch == 1) no_room.emplace(100);
  });
  t.fit();
  EXPECT_EQ(t.notes.places(), "best 1/10 2/10");
  EXPECT_EQ(t.notes.warnings.size(), 2u);
}

TEST(TrainerCheckpoint, InADirectoryThatCannotBeWrittenIsAnErrorBeforeTheFirstStep) {
  const TempDir dir;
  const auto expect_nothing_done = [](const std::string& path, const std::string& message) {
    SmallTraining t({.epochs = 1, .checkpoint = {.path = path}});
    const StateDict before = clone(t.model.state_dict());
    expect_error<FileError>([&t] { t.fit(); }, message);
    expect_same_bits(t.model.state_dict(), before);
  };
  expect_nothing_done(dir / "none/last.safetensors", "none");
  expect_nothing_done(dir.string(), dir.string());
  std::filesystem::create_directory(dir / "x.best.y");
  expect_nothing_done(dir / "x.y", dir / "x.best.y");
  SmallTraining best({.epochs = 1, .checkpoint = {.best_path = dir / "none/best"}});
  expect_error<FileError>([&best] { best.fit(); }, "none");
  const testing::AsNobody nobody;
  expect_nothing_done(dir / "last.safetensors", "Permission denied");
}

}  // namespace
}  // namespace xtape::train
