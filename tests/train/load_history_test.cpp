// The history of a run, read from its checkpoint without its model.
#include "support/files.hpp"
#include "train/run_state.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::expect_error;
using testing::net;
using testing::read_file;
using testing::SmallTraining;
using testing::TempDir;
using testing::write_file;

void expect_same_history(const History& a, const History& b) {
  EXPECT_EQ(a.to_csv(), b.to_csv());
  EXPECT_EQ(a.to_string(), b.to_string());
  EXPECT_EQ(a.stop_cause(), b.stop_cause());
  EXPECT_EQ(a.best_epoch(), b.best_epoch());
  const HistoryData x = a.data(), y = b.data();
  EXPECT_EQ(x.monitor, y.monitor);
  EXPECT_EQ(x.min_delta, y.min_delta);
  EXPECT_EQ(x.training_samples, y.training_samples);
  EXPECT_EQ(x.validation_samples, y.validation_samples);
  EXPECT_EQ(x.train_eval_samples, y.train_eval_samples);
  EXPECT_EQ(x.classes, y.classes);
  const auto same = [](double u, double v) { return u == v || (std::isnan(u) && std::isnan(v)); };
  EXPECT_TRUE(same(x.first_loss, y.first_loss));
  EXPECT_TRUE(same(x.majority_share, y.majority_share));
  EXPECT_TRUE(same(x.train_eval_r2, y.train_eval_r2));
  EXPECT_TRUE(same(x.validation_r2, y.validation_r2));
}

TEST(LoadHistory, IsWhatFitReturned) {
  const TempDir dir;
  SmallTraining t({.epochs = 3,
                   .early_stopping = {.monitor = "validation_accuracy", .patience = 9, .min_delta = 0.01},
                   .checkpoint = {.path = dir / "last", .keep_best = false}});
  const History history = t.fit();
  EXPECT_EQ(history.data().classes, 3);
  EXPECT_FALSE(std::isnan(history.data().majority_share));
  expect_same_history(load_history(dir / "last"), history);
}

TEST(LoadHistory, OfARegressionToo) {
  const TempDir dir;
  const nn::Sequential model = testing::plain_net(1, 1);
  optim::SGD optimizer(model.parameters(), {.lr = .01});
  Trainer trainer(model, nn::MSELoss(), optimizer, {.epochs = 2, .checkpoint = {.path = dir / "last"}});
  const History history = trainer.fit(testing::line(50), testing::line(30, 9));
  EXPECT_FALSE(std::isnan(history.data().validation_r2));
  expect_same_history(load_history(dir / "last"), history);
}

TEST(LoadHistory, IsThatOfEveryWayToEnd) {
  const TempDir dir;
  SmallTraining stopped({.epochs = 4, .checkpoint = {.path = dir / "stopped"}});
  stopped.trainer->on_batch_end([&stopped](const BatchRecord& r) {
    if (r.step == 7) stopped.trainer->stop();
  });
  const History history = stopped.fit();
  EXPECT_EQ(history.stop_cause(), StopCause::stop);
  expect_same_history(load_history(dir / "stopped"), history);

  SmallTraining patient({.epochs = 40,
                         .early_stopping = {.monitor = "train_accuracy", .patience = 1, .min_delta = 1},
                         .checkpoint = {.path = dir / "patient"}});
  const History of_patience = patient.fit();
  EXPECT_EQ(of_patience.stop_cause(), StopCause::patience);
  expect_same_history(load_history(dir / "patient"), of_patience);
}

TEST(LoadHistory, OfARunThatWentOnHasNoReason) {
  const TempDir dir;
  SmallTraining t({.epochs = 3, .checkpoint = {.path = dir / "last", .every_steps = 1, .keep_best = false}});
  std::vector<std::size_t> sizes;
  struct Look {
    void on_checkpoint(const CheckpointSaved& saved) {
      const History history = load_history(saved.path);
      sizes.push_back(history.size());
      EXPECT_EQ(history.stop_cause() == StopCause::none, saved.step < 15) << saved.step;
      EXPECT_EQ(history.stop_reason(), saved.step < 15 ? "" : "epoch 3 was the last");
      expect_same_history(history, trainer.history());
    }
    Trainer& trainer;
    std::vector<std::size_t>& sizes;
  };
  t.trainer->sink(Look{*t.trainer, sizes});
  t.fit();
  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3}));
}

TEST(LoadHistory, RefusesAFileThatIsNoTrainers) {
  const TempDir dir;
  const std::string good = dir / "good", bad = dir / "bad";
  SmallTraining t({.epochs = 1, .checkpoint = {.path = good, .keep_best = false}});
  t.fit();
  const auto load = [](const std::string& path) { return [path] { load_history(path); }; };
  expect_error<FileError>(load(dir / "none"), "\"" + (dir / "none") + "\"");
  expect_error<FileError>(load(dir.string()), "\"" + dir.string() + "\"");
  std::string bytes = read_file(good);
  bytes[bytes.size() - 7] ^= 1;
  write_file(bad, bytes);
  expect_error<FileError>(load(bad), "Checkpoint: \"" + bad + "\" is damaged");
  io::save_safetensors(bad, t.model.state_dict());
  expect_error<FileError>(load(bad), "Checkpoint: \"" + bad + "\" is no checkpoint; load_safetensors reads it");
  io::Checkpoint(t.model, t.optimizer).save(bad);
  expect_error<FileError>(
      load(bad), "load_history: \"" + bad + "\" is a checkpoint, but not of a Trainer: it has no part \"trainer\"");
}

/// Whatever a file says, its history can be judged and written, or it is refused.
TEST(LoadHistory, BearsWhateverNumbersAFileHas) {
  const TempDir dir;
  SmallTraining t({.epochs = 3, .checkpoint = {.path = dir / "saved", .keep_best = false}});
  t.fit();
  StateDict whole;
  for (const auto& [name, value] : io::load_safetensors(dir / "saved")) {
    if (name.starts_with("trainer.")) whole.insert(name.substr(8), value);
  }
  int judged = 0, refused = 0;
  for (const auto& [name, value] : whole) {
    for (const double number : {0., -1., 1e-300, 0.5, 1e15, 1e300, testing::nan, testing::inf, -testing::inf}) {
      const bool is_odd = !(std::abs(number) < 1e18);
      if (is_odd && !is_floating(value.dtype())) continue;
      StateDict dict;
      for (const auto& [other, kept] : whole) dict.insert(other, other == name ? full_like(kept, number) : kept);
      try {
        const History history(history_data(run_state_from("test", dict), {"validation_loss", "", ""}));
        EXPECT_FALSE(history.to_string().empty() || history.to_csv().empty() || history.to_jsonl().empty());
        ++judged;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(judged, 100);
  EXPECT_GT(refused, 10);
}

TEST(LoadHistory, RefusesAFileThatLies) {
  const TempDir dir;
  const std::string path = dir / "saved", lie = dir / "lie";
  SmallTraining t({.epochs = 2, .checkpoint = {.path = path, .keep_best = false}});
  t.fit();
  const auto saved_with = [&](const std::string& name, const Tensor& tensor, const std::string& monitor) {
    StateDict dict;
    for (const auto& [full_name, value] : io::load_safetensors(path)) {
      const std::string prefix = "trainer.";
      if (full_name.rfind(prefix, 0) != 0) continue;
      const std::string own_name = full_name.substr(prefix.size());
      if (own_name != name) dict.insert(own_name, value);
    }
    if (tensor.defined()) dict.insert(name, tensor);
    io::Checkpoint checkpoint(t.model, t.optimizer);
    checkpoint.add("trainer", dict);
    if (!monitor.empty()) checkpoint.set("monitor", monitor);
    checkpoint.save(lie);
  };
  const auto expect_refused_part = [&](const std::string& name, const Tensor& tensor, const std::string& message) {
    saved_with(name, tensor, "validation_loss");
    expect_error<FileError>([&lie] { load_history(lie); },
                            "load_history: \"" + lie + "\": the state of \"trainer\" does not fit: " + message);
  };
  const auto number = [](double x) { return full({}, x).to(float64); };
  saved_with("", {}, "validation_loss");
  EXPECT_EQ(load_history(lie).size(), 2u);
  expect_refused_part("min_delta", {}, "load_state_dict: no entry \"min_delta\"");
  expect_refused_part("min_delta", number(-1), "load_history: \"min_delta\" = -1 is not a finite number >= 0");
  expect_refused_part("min_delta", number(testing::nan),
                      "load_history: \"min_delta\" = nan is not a finite number >= 0");
  expect_refused_part("stop_cause", full({}, 6), "load_history: \"stop_cause\" = 6 is outside [0, 5]");
  expect_refused_part("classes", full({}, -1), "load_history: \"classes\" = -1 is outside [0, 9007199254740992]");
  expect_refused_part("validation_samples", full({}, -1), "load_history: \"validation_samples\" = -1 is outside");
  expect_refused_part("options.training_samples", full({}, -1),
                      "load_history: \"options.training_samples\" = -1 is outside [0, 9007199254740992]");
  expect_refused_part("best.epoch", full({}, 3), "load_history: \"best.epoch\" = 3, but there were 2 epochs");
  expect_refused_part("epoch", full({}, std::int64_t{1000000000000}),
                      "load_history: \"history.steps\" has 2 entries for 1000000000000 epochs");
  expect_refused_part("history.lr", ones({3}), "load_history: \"history.lr\" has 3 entries for 2 epochs");
  expect_refused_part("x", ones({1}), "load_state_dict: entry \"x\" does not belong to the state of Trainer");
  for (const std::string monitor : {"", "loss\n"}) {
    saved_with("", {}, monitor);
    expect_error<FileError>([&lie] { load_history(lie); }, "load_history: \"" + lie + "\": the text \"monitor\" is \"" +
                                                               (monitor.empty() ? "" : "loss\\n") +
                                                               "\", which is not a monitored value");
  }
}

}  // namespace
}  // namespace xtape::train
