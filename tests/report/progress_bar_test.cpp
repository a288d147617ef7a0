// A ProgressBar as a sink of a Trainer: what stays on a terminal, in a pipe, in a file; and what happens where nothing
// can be written.
#include <unistd.h>

#include <csignal>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/files.hpp"
#include "support/signals.hpp"
#include "support/terminal.hpp"
#include "train/problem.hpp"

namespace xtape::train {
namespace {

using testing::expect_error;
using testing::line;
using testing::plain_net;
using testing::read_file;
using testing::Screen;
using testing::TempDir;
using testing::Terminal;
using testing::three_classes;
using testing::WithVariable;

/// Variables of a terminal that shows everything.
struct PlainEnvironment {
  WithVariable term{"TERM", "xterm"}, no_color{"NO_COLOR", nullptr}, locale{"LC_ALL", "C"};
};

/// Three epochs of five batches.
struct ShownTraining {
  explicit ShownTraining(TrainerOptions options = {}) {
    options.epochs = 3;
    options.batch_size = 10;
    trainer = std::make_unique<Trainer>(model, nn::CrossEntropyLoss(), optimizer, options);
  }
  History fit() { return trainer->fit(three_classes(50), three_classes(30, 9)); }

  nn::Sequential model = plain_net();
  optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
  std::unique_ptr<Trainer> trainer;
};

/// A file in a temporary directory.
struct LogFile {
  std::string text() const { return read_file(path); }

  TempDir dir;
  const std::string path = dir / "log";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "w"), std::fclose};
};

bool is_printable(const std::string& text) {
  for (const char c : text) {
    if (c != '\n' && (c < ' ' || c > '~')) return false;
  }
  return true;
}

TEST(ProgressBar, OnATerminalLeavesTheLinesOfAPlainLog) {
  const PlainEnvironment environment;
  for (const int columns : {60, 200}) {
    Terminal terminal(columns);
    const LogFile log;
    ShownTraining training;
    training.trainer->sink(ProgressBar(terminal.file()));
    training.trainer->sink(ProgressBar(log.file.get()));
    training.fit();
    const std::string bytes = terminal.take();
    EXPECT_NE(bytes.find("\repoch 1/3  "), bytes.npos) << bytes;
    Screen screen(columns);
    screen.show(bytes);
    EXPECT_EQ(screen.text(), log.text());
    EXPECT_EQ(screen.wraps(), 0);
  }
}

TEST(ProgressBar, InALogHasARowForEachEpochOfTheHistory) {
  const LogFile log;
  ShownTraining training;
  training.trainer->sink(ProgressBar(log.file.get()));
  const History history = training.fit();
  EXPECT_TRUE(is_printable(log.text()));
  std::istringstream lines(log.text());
  std::string titles, labels;
  std::getline(lines, titles);
  std::getline(lines, labels);
  EXPECT_EQ(labels, "epoch   loss  accuracy     loss  accuracy  seconds");
  for (const EpochRecord& r : history) {
    std::int64_t epoch = 0;
    double loss = 0, accuracy = 0, validation_loss = 0, validation_accuracy = 0, seconds = 0;
    std::string row;
    std::getline(lines, row);
    std::istringstream(row) >> epoch >> loss >> accuracy >> validation_loss >> validation_accuracy >> seconds;
    EXPECT_EQ(epoch, r.epoch);
    EXPECT_NEAR(loss, r.train_loss, 5.1e-5);
    EXPECT_NEAR(accuracy, r.train_accuracy, 5.1e-5);
    EXPECT_NEAR(validation_loss, r.validation_loss, 5.1e-5);
    EXPECT_NEAR(validation_accuracy, r.validation_accuracy, 5.1e-5);
    EXPECT_NEAR(seconds, r.seconds, 0.051);
  }
  std::string rest;
  std::getline(lines, rest);
  EXPECT_EQ(rest, "* the best so far, by validation loss");
  EXPECT_FALSE(lines >> rest) << rest;
}

TEST(ProgressBar, OfARegressionHasNoAccuracy) {
  const PlainEnvironment environment;
  Terminal terminal(100);
  const nn::Sequential model = plain_net(1, 1);
  optim::SGD optimizer(model.parameters(), {.lr = 0.01});
  Trainer trainer(model, nn::MSELoss(), optimizer, {.epochs = 1});
  trainer.sink(ProgressBar(terminal.file()));
  trainer.fit(line(50), line(20, 1));
  const std::string bytes = terminal.take();
  EXPECT_EQ(bytes.find("accuracy"), bytes.npos) << bytes;
  EXPECT_NE(bytes.find("validation\r\nepoch     loss         loss  seconds\r\n"), bytes.npos) << bytes;
}

TEST(ProgressBar, TheLiveLineHasTheAccuracyOfTheEpochSoFar) {
  const PlainEnvironment environment;
  Terminal terminal(200);
  ShownTraining training;
  training.trainer->sink(ProgressBar(terminal.file(), {.color = false}));
  training.trainer->on_batch_end([&training](const BatchRecord&) { training.trainer->stop(); });
  std::string expected;
  training.trainer->on_batch_end([&expected](const BatchRecord& r) {
    char text[100];
    std::snprintf(text, sizeof text, "loss %.4f  accuracy %.4f       - samples/s  -:-- left  lr 0.1\x1b[K",
                  r.train_loss, r.train_accuracy);
    expected = text;
  });
  training.fit();
  const std::string bytes = terminal.take();
  EXPECT_NE(bytes.find(expected), bytes.npos) << bytes;
}

TEST(ProgressBar, OnADumbTerminalWritesNoControlCharacters) {
  const PlainEnvironment environment;
  const WithVariable dumb("TERM", "dumb");
  Terminal terminal(80);
  ShownTraining training;
  training.trainer->sink(ProgressBar(terminal.file()));
  training.fit();
  std::string bytes = terminal.take();
  std::erase(bytes, '\r');  // the terminal's own, before each newline
  EXPECT_TRUE(is_printable(bytes)) << bytes;
}

TEST(ProgressBar, ColorsUnlessItIsToldNotTo) {
  const PlainEnvironment environment;
  const auto has_color = [](const ProgressOptions& options) {
    Terminal terminal(80);
    ShownTraining training;
    training.trainer->sink(ProgressBar(terminal.file(), options));
    training.fit();
    return terminal.take().find("\x1b[32m") != std::string::npos;
  };
  EXPECT_TRUE(has_color({}));
  EXPECT_FALSE(has_color({.color = false}));
  const WithVariable no_color("NO_COLOR", "1");
  EXPECT_FALSE(has_color({}));
}

TEST(ProgressBar, WithoutDisplayWritesNothing) {
  const LogFile log;
  ShownTraining training;
  training.trainer->sink(ProgressBar(log.file.get(), {.mode = ProgressMode::none}));
  training.fit();
  EXPECT_EQ(log.text(), "");
}

TEST(ProgressBar, AsJsonWritesObjectsForAProgram) {
  const TempDir dir;
  const LogFile log;
  ShownTraining training({.checkpoint = {.path = dir / "last.safetensors", .keep_best = false}});
  training.trainer->sink(ProgressBar(log.file.get(), {.mode = ProgressMode::json}));
  const History history = training.fit();
  std::vector<std::string> types;
  std::istringstream lines(log.text());
  for (std::string text; std::getline(lines, text);) {
    const auto object = nlohmann::json::parse(text);
    types.push_back(object["type"]);
    if (types.back() == "epoch") {
      EXPECT_EQ(object["train_loss"], history[object["epoch"].get<std::size_t>() - 1].train_loss);
    }
  }
  EXPECT_EQ(types, (std::vector<std::string>{"begin", "epoch", "checkpoint", "epoch", "checkpoint", "epoch",
                                             "checkpoint", "end"}));
}

TEST(ProgressBar, ShowsWarningsOfTheTrainer) {
  const LogFile log;
  const nn::Sequential model = plain_net();
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, nn::CrossEntropyLoss(), optimizer, {.epochs = 1});
  trainer.sink(ProgressBar(log.file.get()));
  trainer.fit(three_classes(20), data::TensorDataset(randn({4, 5}), tensor({1, 1, 1, 1})));
  EXPECT_EQ(log.text().rfind("warning: all targets of the validation data are of one class", 0), 0u) << log.text();
}

TEST(ProgressBar, LeavesACleanLineForCallbacks) {
  const PlainEnvironment environment;
  Terminal terminal(80);
  const LogFile log;
  ShownTraining training;
  for (std::FILE* file : {terminal.file(), log.file.get()}) {
    training.trainer->sink(ProgressBar(file));
    training.trainer->on_epoch_end([file](const EpochRecord& r) {
      std::fprintf(file, "callback %d\n", static_cast<int>(r.epoch));
      std::fflush(file);
    });
  }
  training.fit();
  EXPECT_EQ(terminal.screen().text(), log.text());
}

TEST(ProgressBar, LeavesTheRowsOfWholeEpochsWhenItIsStopped) {
  const PlainEnvironment environment;
  Terminal terminal(80);
  const LogFile log;
  ShownTraining training;
  training.trainer->sink(ProgressBar(terminal.file()));
  training.trainer->sink(ProgressBar(log.file.get()));
  training.trainer->on_batch_end([&training](const BatchRecord& r) {
    if (r.epoch == 2 && r.batch == 2) training.trainer->stop();
  });
  EXPECT_EQ(training.fit().size(), 1u);
  EXPECT_EQ(terminal.screen().text(), log.text());
  EXPECT_EQ(terminal.screen().column(), 0u);
}

TEST(ProgressBar, ClearsItsLineWhenFitThrows) {
  const PlainEnvironment environment;
  Terminal terminal(80);
  ProgressBar bar(terminal.file());
  ShownTraining training;
  training.trainer->sink(bar);
  int batches = 0;
  training.trainer->on_batch_end([&batches](const BatchRecord&) {
    if (++batches == 1) throw 1;
  });
  EXPECT_THROW(training.fit(), int);
  EXPECT_EQ(terminal.screen().text().rfind("epoch 1/3  ", 0), 0u);
  training.fit();
  EXPECT_EQ(terminal.screen().text().rfind("          training ", 0), 0u);

  batches = 0;
  EXPECT_THROW(training.fit(), int);
  bar = ProgressBar(terminal.file());
  EXPECT_EQ(terminal.screen().current_line(), "");
}

TEST(ProgressBar, GoesOnWhereAResumedRunDoes) {
  const TempDir dir;
  const LogFile log;
  const TrainerOptions options{.checkpoint = {.path = dir / "last.safetensors"}};
  ShownTraining first(options);
  first.trainer->on_batch_end([&first](const BatchRecord& r) {
    if (r.epoch == 2 && r.batch == 3) first.trainer->stop();
  });
  first.fit();
  ShownTraining second(options);
  std::vector<BatchRecord> records;
  second.trainer->on_batch_end([&records](const BatchRecord& r) { records.push_back(r); });
  second.trainer->sink(ProgressBar(log.file.get()));
  second.trainer->resume(options.checkpoint.path);
  const History history = second.fit();
  EXPECT_NE(log.text().find("seconds\n    2  "), std::string::npos) << log.text();
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records[0].batch, 4);
  EXPECT_EQ(records[1].train_loss, history[1].train_loss);
  EXPECT_EQ(records[1].train_accuracy, history[1].train_accuracy);
}

TEST(ProgressBar, AFullDiskEndsTheDisplayAndNotTheTraining) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full{std::fopen("/dev/full", "w"), std::fclose};
  for (const ProgressMode mode : {ProgressMode::bar, ProgressMode::plain, ProgressMode::json}) {
    ProgressBar bar(full.get(), {.mode = mode});
    EXPECT_FALSE(bar.failed());
    ShownTraining training;
    training.trainer->sink(bar);
    EXPECT_EQ(training.fit().size(), 3u);
    EXPECT_TRUE(bar.failed());
  }
}

TEST(ProgressBar, AReaderThatIsGoneEndsTheDisplayAndNotTheTraining) {
  const testing::ActionFor ignored(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{fdopen(ends[1], "w"), std::fclose};
  ProgressBar bar(file.get());
  ShownTraining training;
  training.trainer->sink(bar);
  EXPECT_EQ(training.fit().size(), 3u);
  EXPECT_TRUE(bar.failed());
}

TEST(ProgressBar, AsATemporaryShowsTheRunOnStderr) {
  ShownTraining training;
  training.trainer->sink(ProgressBar());
  ::testing::internal::CaptureStderr();
  training.fit();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("\n    3  "), std::string::npos);
}

TEST(ProgressBar, TakesAFileAndAHeartbeatThatMakeSense) {
  expect_error<ValueError>([] { ProgressBar bar(nullptr); },
                           "ProgressBar: there is no file to write to: the FILE* is null");
  for (const double seconds : {-1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
    expect_error<ValueError>([seconds] { ProgressBar bar(stderr, {.heartbeat_seconds = seconds}); },
                             "ProgressBar: heartbeat_seconds = ", "; expected a finite number >= 0");
  }
}

}  // namespace
}  // namespace xtape::train
