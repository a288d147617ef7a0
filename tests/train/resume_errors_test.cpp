// Files that a Trainer refuses to go on from, each with its error, and runs that had ended.
#include <utility>

#include "support/bits.hpp"
#include "support/files.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

namespace lr = optim::lr_scheduler;
using testing::expect_error;
using testing::expect_same_bits;
using testing::net;
using testing::read_file;
using testing::SmallTraining;
using testing::TempDir;
using testing::three_classes;
using testing::write_file;

// ---- files that are refused ----------------------------------------------------------------------------------------

/// A file of two epochs and two steps.
std::string saved_in(const TempDir& dir) {
  const std::string path = dir / "saved.safetensors";
  SmallTraining t({.epochs = 4, .seed = 3, .checkpoint = {.path = path, .every_steps = 1, .keep_best = false}});
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.step == 12) t.trainer->stop();
  });
  t.fit();
  return path;
}

TEST(Resume, RefusesAFileThatIsNoTrainersAtOnce) {
  const TempDir dir;
  const std::string good = saved_in(dir), bad = dir / "bad";
  SmallTraining t({.epochs = 4, .seed = 3});
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

/// Expects that fit() of this trainer throws, and changes nothing; then, with the file once more, that it does so
/// again.
template <class E>
void expect_refused(const std::string& path, const nn::Module& model, optim::Optimizer& optimizer, Trainer& trainer,
                    const std::string& message, const DataSource& training = three_classes(50),
                    const DataSource& validation = three_classes(30, 9)) {
  SCOPED_TRACE(message);
  const StateDict weights = clone(model.state_dict()), state = optimizer.state_dict();
  const Generator::State generator = default_generator().state();
  for (int i = 0; i < 2; ++i) {
    trainer.resume(path);
    expect_error<E>([&] { trainer.fit(training, validation); }, message);
  }
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

/// The tensors of one part of a file.
StateDict part_of(const std::string& path, const std::string& part) {
  StateDict dict;
  for (const auto& [name, tensor] : io::load_safetensors(path)) {
    if (name.rfind(part + ".", 0) == 0) dict.insert(name.substr(part.size() + 1), tensor);
  }
  return dict;
}

StateDict without(const StateDict& dict, const std::string& left_out) {
  StateDict rest;
  for (const auto& [name, tensor] : dict) {
    if (name != left_out) rest.insert(name, tensor);
  }
  return rest;
}

TEST(Resume, RefusesAFileThatLies) {
  const TempDir dir;
  const std::string path = dir / "saved", lie = dir / "lie";
  const TrainerOptions options{
      .epochs = 2, .ema = .5, .checkpoint = {.path = path, .every_steps = 1, .keep_best = false}};
  SmallTraining t(options);
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.step == 7) t.trainer->stop();
  });
  t.fit();

  struct Lie {
    std::string message;
    std::string part, name;
    Tensor tensor;  // none: the entry is left out
  };
  const std::string owner = "is this the state of something other than ";
  const Lie lies[] = {
      {"\"trainer\" does not fit: load_state_dict: no entry \"steps\"; " + owner + "Trainer?", "trainer", "steps", {}},
      {"\"trainer\" does not fit: load_state_dict: no entry \"history.gap\"; " + owner + "Trainer?",
       "trainer",
       "history.gap",
       {}},
      {"\"trainer\" does not fit: load_state_dict: entry \"x\" does not belong to the state of Trainer", "trainer", "x",
       ones({1})},
      {"\"trainer\" does not fit: load_state_dict: \"steps\" has shape (2), expected ()", "trainer", "steps",
       ones({2})},
      {"\"trainer\" does not fit: resume: \"steps\" = -1 is outside [0, 9007199254740992]", "trainer", "steps",
       full({}, -1)},
      {"\"trainer\" does not fit: resume: \"steps\" = 9007199254740993 is outside [0, 9007199254740992]", "trainer",
       "steps", full({}, (std::int64_t{1} << 53) + 1)},
      {"\"trainer\" does not fit: resume: \"history.steps\" has 1 entries for 1000000000000 epochs", "trainer", "epoch",
       full({}, std::int64_t{1000000000000})},
      {"\"trainer\" does not fit: resume: \"history.lr\" has 3 entries for 1 epochs", "trainer", "history.lr",
       ones({3})},
      {"\"trainer\" does not fit: resume: \"batch\" = 5, but an epoch has 5 batches", "trainer", "batch", full({}, 5)},
      {"\"trainer\" does not fit: resume: \"best.epoch\" = 2, but there were 1 epochs", "trainer", "best.epoch",
       full({}, 2)},
      {"\"best\" does not fit: load_state_dict: the keys do not match: missing [0.weight], unexpected []",
       "best",
       "0.weight",
       {}},
      {"\"best\" does not fit: load_state_dict: \"0.weight\" is (2) in the dict, (16, 5) in the module", "best",
       "0.weight", ones({2})},
      {"\"average\" does not fit: resume: \"0.weight\" is missing", "average", "0.weight", {}},
      {"\"average\" does not fit: resume: \"x\" is no parameter of the model", "average", "x", ones({2})},
      {"\"average\" does not fit: resume: \"0.weight\" is (2) in the file, (16, 5) here", "average", "0.weight",
       ones({2})}};
  for (const Lie& l : lies) {
    io::Checkpoint checkpoint(t.model, t.optimizer);
    std::vector<std::pair<std::string, StateDict>> parts;
    for (const char* name : {"trainer", "best", "average"}) parts.emplace_back(name, part_of(path, name));
    data::DataLoader loader(three_classes(50), {.batch_size = 10, .shuffle = true});
    loader.load_state_dict(part_of(path, "loader"));
    checkpoint.add("loader", loader);
    for (auto& [name, dict] : parts) {
      if (name == l.part) {
        if (l.tensor.defined()) {
          dict.set(l.name, l.tensor);
        } else {
          dict = without(dict, l.name);
        }
      }
      checkpoint.add(name, dict);
    }
    checkpoint.set("monitor", "validation_loss");
    checkpoint.save(lie);
    SmallTraining other({.epochs = 2, .ema = .5}, 9);
    expect_refused<FileError>(lie, other.model, other.optimizer, *other.trainer,
                              "resume: \"" + lie + "\": the state of " + l.message);
  }
}

// ---- going on ------------------------------------------------------------------------------------------------------

TEST(Resume, OfARunThatHasEndedReturnsItsHistory) {
  const TempDir dir;
  const TrainerOptions options{.epochs = 3, .ema = .9, .checkpoint = {.path = dir / "last", .keep_best = false}};
  SmallTraining first(options);
  const History expected = first.fit();
  SmallTraining again(options, 9);
  again.trainer->resume(dir / "last");
  const History history = again.fit();
  EXPECT_EQ(history.to_csv(), expected.to_csv());
  EXPECT_EQ(history.stop_reason(), expected.stop_reason());
  EXPECT_EQ(history.verdict(), expected.verdict());
  expect_same_bits(again.model.state_dict(), first.model.state_dict());
}

TEST(Resume, IsOverWhenTheFileDoesNotFit) {
  const TempDir dir;
  SmallTraining other({.epochs = 4, .seed = 5});
  other.trainer->resume(saved_in(dir));
  expect_error<FileError>([&other] { other.fit(); }, "seed");
  EXPECT_EQ(other.fit().size(), 4u);
}

TEST(Resume, GoesOnWithMoreEpochs) {
  const TempDir dir;
  const auto options = [&dir](std::int64_t epochs) {
    return TrainerOptions{
        .epochs = epochs, .early_stopping = {.patience = 9}, .checkpoint = {.path = dir / "last", .keep_best = false}};
  };
  SmallTraining whole(options(5));
  whole.fit();
  SmallTraining first(options(2));
  first.fit();
  SmallTraining more(options(5), 9);
  more.trainer->resume(dir / "last");
  EXPECT_EQ(more.fit().size(), 5u);
  EXPECT_EQ(more.notes.first_epoch, 3);
  expect_same_bits(more.model.state_dict(), whole.model.state_dict());
  more.fit();
  EXPECT_EQ(more.notes.first_epoch, 1);  // a second fit() begins anew
}

}  // namespace
}  // namespace xtape::train
