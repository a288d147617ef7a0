// What each mode shows, event by event, at times that the tests choose: on pseudo-terminals of several widths, in files
// and in pipes.
#include "report/display.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "report/terminal.hpp"
#include "support/signals.hpp"
#include "support/terminal.hpp"

namespace xtape::report {
namespace {

using testing::Screen;
using testing::Terminal;
using testing::WithVariable;
using train::EpochRecord;
using train::FitBegin;

constexpr LineStyle ascii_style = {};
const std::string table_header =
    "          training          validation\n"
    "epoch   loss  accuracy     loss  accuracy  seconds\n";
const std::string row_of_epoch_1 = "    1  0.5000    0.7500   0.2500    0.8750      4.0\n";
const std::string row_of_epoch_2 = "    2  0.5000    0.7500   0.2500    0.8750      4.0\n";

EpochRecord told_epoch(std::int64_t epoch) {
  return {.epoch = epoch,
          .train_loss = 0.5,
          .train_accuracy = 0.75,
          .validation_loss = 0.25,
          .validation_accuracy = 0.875,
          .seconds = 4};
}

/// Tells a display of a run of 2 epochs of 10 batches, 0.25 s each, with 1.5 s of validation.
class ToldRun {
 public:
  explicit ToldRun(Display& display) : display_(display) {}

  void begin(const FitBegin& fit = {.epochs = 2, .batches = 10, .training_samples = 100, .validation_samples = 50}) {
    fit_ = fit;
    epoch_ = fit.first_epoch - 1;
    display_.fit_begin(fit_, now_);
  }
  void begin_epoch() {
    ++epoch_;
    batch_ = 0;
    display_.epoch_begin({.epoch = epoch_, .epochs = fit_.epochs, .batches = fit_.batches}, now_);
  }
  void batch(double seconds = 0.25) {
    now_ += seconds;
    ++batch_;
    display_.batch_end({.epoch = epoch_,
                        .batch = batch_,
                        .batches = fit_.batches,
                        .step = (epoch_ - 1) * fit_.batches + batch_,
                        .samples = 10,
                        .loss = 1,
                        .lr = 0.01,
                        .train_loss = 0.5,
                        .train_accuracy = 0.75},
                       now_);
  }
  void batches(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) batch();
  }
  void end_epoch(double validation_seconds = 1.5) {
    now_ += validation_seconds;
    display_.epoch_end(told_epoch(epoch_), now_);
  }
  void whole_epoch() {
    begin_epoch();
    batches(fit_.batches);
    end_epoch();
  }
  void warn(const std::string& message) { display_.warning({message}, now_); }
  void end() { display_.fit_end(train::History({.epochs = {told_epoch(1)}}), now_); }

 private:
  Display& display_;
  FitBegin fit_;
  std::int64_t epoch_ = 0, batch_ = 0;
  double now_ = 1000;
};

/// A bar on a terminal.
struct BarOnTerminal {
  explicit BarOnTerminal(int columns, LineStyle style = ascii_style)
      : terminal(columns), out(terminal.file()), display(bar_display(out, style)), run(*display) {}
  std::string text() { return terminal.screen().text(); }

  Terminal terminal;
  Output out;
  std::unique_ptr<Display> display;
  ToldRun run;
};

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++n;
  return n;
}

// ---- the bar -------------------------------------------------------------------------------------------------------

TEST(BarDisplay, ShowsALiveLineBelowTheTable) {
  BarOnTerminal bar(200);
  bar.run.begin();
  bar.run.whole_epoch();
  bar.run.begin_epoch();
  bar.run.batches(5);
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 +
                            "epoch 2/2  step 15  [##############--------------]   50 %  loss 0.5000  accuracy 0.7500  "
                            "40 samples/s  0:03 left  lr 0.01\n");
}

TEST(BarDisplay, LeavesExactlyTheTable) {
  for (const int columns : {60, 200}) {
    BarOnTerminal bar(columns);
    bar.run.begin();
    bar.run.whole_epoch();
    bar.run.whole_epoch();
    bar.run.end();
    EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 + row_of_epoch_2);
    EXPECT_EQ(bar.terminal.screen().wraps(), 0);
    EXPECT_EQ(bar.terminal.screen().column(), 0u);
  }
}

TEST(BarDisplay, LeavesANarrowTableOnANarrowTerminal) {
  BarOnTerminal bar(40);
  bar.run.begin();
  bar.run.whole_epoch();
  bar.run.end();
  EXPECT_EQ(bar.text(),
            "      training      validation\n"
            "epoch     loss     loss  accuracy\n"
            "    1    0.5000   0.2500    0.8750\n");
  EXPECT_EQ(bar.terminal.screen().wraps(), 0);
}

TEST(BarDisplay, NeverWrapsAtAnyWidth) {
  for (int columns = 1; columns <= 130; ++columns) {
    BarOnTerminal bar(columns, {.has_blocks = columns % 2 == 0, .has_color = columns % 3 == 0});
    bar.run.begin();
    bar.run.begin_epoch();
    bar.run.batches(10);
    bar.run.end();
    EXPECT_EQ(bar.terminal.screen().wraps(), 0) << columns;
    EXPECT_EQ(bar.text(), "") << columns;
  }
}

TEST(BarDisplay, FollowsATerminalThatIsResized) {
  BarOnTerminal bar(200);
  bar.run.begin();
  bar.run.whole_epoch();
  bar.run.begin_epoch();
  bar.run.batches(2);
  bar.text();
  bar.terminal.resize(40);
  bar.run.batches(3);
  EXPECT_EQ(bar.terminal.screen().current_line(), "2/2   50 %  loss 0.5000  0:03 left");
  bar.run.batches(5);
  bar.run.end_epoch();
  bar.terminal.resize(60);
  bar.run.end();
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 +
                            "      training      validation\n"
                            "epoch     loss     loss  accuracy\n"
                            "    2    0.5000   0.2500    0.8750\n");
  EXPECT_EQ(bar.terminal.screen().wraps(), 0);
}

TEST(BarDisplay, IsDrawnAtMostTenTimesASecond) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 1, .batches = 100000, .training_samples = 1000000});
  bar.run.begin_epoch();
  for (int i = 0; i < 10001; ++i) bar.run.batch(0.0003);  // three seconds
  const std::size_t draws = occurrences(bar.terminal.take(), "\x1b[K");
  EXPECT_LE(draws, 31u);
  EXPECT_GE(draws, 29u);
}

TEST(BarDisplay, DrawsTheFirstBatchAtOnce) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.run.begin_epoch();
  EXPECT_EQ(bar.text(), "");
  bar.run.batch(0.001);
  EXPECT_EQ(bar.text(), "epoch 1/2  [---------]   10 %  loss 0.5000  accuracy 0.7500\n");
}

TEST(BarDisplay, SaysThatItValidatesAsSoonAsTheLastBatchIsDone) {
  BarOnTerminal bar(80);
  bar.run.begin();
  for (int epoch = 1; epoch <= 2; ++epoch) {
    bar.run.begin_epoch();
    for (int i = 0; i < 10; ++i) bar.run.batch(0.001);
    EXPECT_NE(bar.terminal.screen().current_line().find("]  validating  loss"), std::string::npos);
    bar.run.end_epoch();
  }
}

TEST(BarDisplay, IsNotDrawnForAValidationThatTakesNoTime) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 1000, .batches = 10, .validation_samples = 50});
  std::size_t draws = 0;
  for (int epoch = 0; epoch < 100; ++epoch) {  // a second
    bar.run.begin_epoch();
    for (int i = 0; i < 10; ++i) bar.run.batch(0.0009);
    bar.run.end_epoch(0.001);
    draws += occurrences(bar.terminal.take(), "loss 0.5000");
  }
  EXPECT_LE(draws, 12u);
  EXPECT_GE(draws, 9u);
}

TEST(BarDisplay, DoesNotValidateWithoutValidationData) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 2, .batches = 10, .training_samples = 100});
  bar.run.begin_epoch();
  bar.run.batches(10);
  EXPECT_NE(bar.terminal.screen().current_line().find("100 %"), std::string::npos);
}

TEST(BarDisplay, LeavesACleanLineAfterARow) {
  BarOnTerminal bar(80);
  bar.run.begin();
  bar.run.whole_epoch();
  std::fputs("a callback's own words\n", bar.terminal.file());
  std::fflush(bar.terminal.file());
  bar.run.whole_epoch();
  bar.run.end();
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 + "a callback's own words\n" + row_of_epoch_2);
}

TEST(BarDisplay, PrintsWarningsAboveTheLiveLine) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.run.warn("before the first batch");
  bar.run.begin_epoch();
  bar.run.batches(5);
  bar.run.warn("a\nb");
  EXPECT_EQ(bar.text(),
            "warning: before the first batch\n"
            "warning: a\\nb\n"
            "epoch 1/2  [#######--------]   50 %  loss 0.5000  0:05 left\n");
}

TEST(BarDisplay, ClearsTheLiveLineOfAnEpochThatEndsEarly) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.run.whole_epoch();
  bar.run.begin_epoch();
  bar.run.batches(3);
  bar.run.end();
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1);
}

TEST(BarDisplay, ClearsTheLiveLineOfAFitThatThrew) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.run.begin_epoch();
  bar.run.batches(3);
  bar.run.begin();  // the next one
  EXPECT_EQ(bar.text(), "");
  bar.run.begin_epoch();
  bar.run.batches(3);
  bar.display.reset();
  EXPECT_EQ(bar.text(), "");
}

TEST(BarDisplay, GoesOnWhereAResumedRunDoes) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 12, .first_epoch = 11, .batches = 10, .validation_samples = 50});
  bar.run.whole_epoch();
  bar.run.begin_epoch();
  bar.run.batches(10);
  EXPECT_EQ(bar.text(), table_header + "   11  0.5000    0.7500   0.2500    0.8750      4.0\n" +
                            "epoch 12/12  [###########]  validating  loss 0.5000  accuracy 0.7500  0:02 left\n");
}

TEST(BarDisplay, IsOneLineForARunOfUnknownLength) {
  BarOnTerminal bar(80);
  bar.display->batch_end({.epoch = 1, .batch = 3, .step = 3, .samples = 5, .loss = 2, .lr = 0.1, .train_loss = 2}, 1);
  EXPECT_EQ(bar.text(), "epoch 1  step 3  loss 2.0000  lr 0.1\n");
}

TEST(BarDisplay, ColorsWithoutMovingAnything) {
  BarOnTerminal plain(80), colored(80, {.has_color = true});
  for (BarOnTerminal* bar : {&plain, &colored}) {
    bar->run.begin();
    bar->run.begin_epoch();
    bar->run.batches(5);
    bar->run.warn("w");
  }
  const std::string bytes = colored.terminal.take();
  EXPECT_NE(bytes.find("\x1b[32m"), bytes.npos);
  Screen screen(80);
  screen.show(bytes);
  EXPECT_EQ(screen.text(), plain.text());
}

// ---- lines ---------------------------------------------------------------------------------------------------------

/// What a display writes to a file that is no terminal.
struct InMemory {
  InMemory() : file(open_memstream(&bytes, &size)), out(file) {}
  ~InMemory() {
    display.reset();
    std::fclose(file);
    std::free(bytes);
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;
  /// Without a flush of the tests' own.
  std::string text() const { return size == 0 ? "" : std::string(bytes, size); }

  char* bytes = nullptr;
  std::size_t size = 0;
  std::FILE* file;
  Output out;
  std::unique_ptr<Display> display;
};

struct PlainInMemory : InMemory {
  explicit PlainInMemory(double heartbeat_seconds = 0) {
    display = plain_display(out, heartbeat_seconds);
    run = std::make_unique<ToldRun>(*display);
  }
  std::unique_ptr<ToldRun> run;
};

TEST(PlainDisplay, PrintsALineForEachEpochAndFlushesIt) {
  PlainInMemory plain;
  plain.run->begin();
  plain.run->whole_epoch();
  EXPECT_EQ(plain.text(), table_header + row_of_epoch_1);
  plain.run->whole_epoch();
  plain.run->end();
  EXPECT_EQ(plain.text(), table_header + row_of_epoch_1 + row_of_epoch_2);
}

TEST(PlainDisplay, SaysHowFarALongEpochIs) {
  PlainInMemory plain(1);
  plain.run->begin();
  plain.run->begin_epoch();
  plain.run->batches(3);
  EXPECT_EQ(plain.text(), "");
  plain.run->batch();
  EXPECT_EQ(plain.text(), "epoch 1: 40 % of 10 batches, loss 0.5000, 40 samples/s, about 6 s left\n");
}

TEST(PlainDisplay, SaysNothingMoreWhileItsLinesComeOftenEnough) {
  PlainInMemory plain(4.5);
  plain.run->begin();
  plain.run->whole_epoch();  // four seconds
  plain.run->whole_epoch();
  EXPECT_EQ(plain.text(), table_header + row_of_epoch_1 + row_of_epoch_2);
}

TEST(PlainDisplay, WithoutAHeartbeatSaysNothingWithinAnEpoch) {
  PlainInMemory plain(0);
  plain.run->begin();
  plain.run->begin_epoch();
  for (int i = 0; i < 9; ++i) plain.run->batch(1e6);
  EXPECT_EQ(plain.text(), "");
}

TEST(PlainDisplay, WritesNoControlCharacters) {
  PlainInMemory plain(1);
  plain.run->begin();
  plain.run->warn("\x1b[2J\r\ttrouble");
  plain.run->whole_epoch();
  plain.run->end();
  EXPECT_EQ(plain.text().rfind("warning: \\x1b[2J\\x0d\\x09trouble\n", 0), 0u);
  for (const char c : plain.text()) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << int{c};
}

TEST(PlainDisplay, FitsItsTableToATerminal) {
  Terminal terminal(40);
  Output out(terminal.file());
  const auto display = plain_display(out, 0);
  ToldRun run(*display);
  run.begin();
  run.whole_epoch();
  EXPECT_EQ(terminal.screen().wraps(), 0);
  EXPECT_NE(terminal.screen().text(), "");
}

// ---- objects -------------------------------------------------------------------------------------------------------

struct JsonInMemory : InMemory {
  JsonInMemory() { display = json_display(out); }
};

TEST(JsonDisplay, WritesAnObjectForEachEvent) {
  JsonInMemory json;
  json.display->fit_begin(
      {.epochs = 2, .batches = 3, .training_samples = 30, .validation_samples = 5, .parameters = 99}, 0);
  json.display->checkpoint({.path = "a \"b\".safetensors", .epoch = 1, .step = 3, .is_best = true}, 0);
  json.display->warning({"line 1\nline 2 \xff"}, 0);
  EXPECT_EQ(json.text(),
            R"({"type": "begin", "epochs": 2, "first_epoch": 1, "batches": 3, "training_samples": 30, )"
            R"("validation_samples": 5, "parameters": 99})"
            "\n"
            R"({"type": "checkpoint", "path": "a \"b\".safetensors", "epoch": 1, "step": 3, "is_best": true})"
            "\n"
            R"({"type": "warning", "message": "line 1\nline 2 )"
            "\xef\xbf\xbd\"}\n");
}

TEST(JsonDisplay, AnEpochHasTheFieldsOfTheHistory) {
  JsonInMemory json;
  json.display->epoch_end(told_epoch(7), 0);
  auto object = nlohmann::json::parse(json.text());
  EXPECT_EQ(object["type"], "epoch");
  object.erase("type");
  EXPECT_EQ(object, nlohmann::json::parse(train::History({.epochs = {told_epoch(7)}}).to_jsonl()));
  EXPECT_TRUE(object["train_eval_loss"].is_null());
}

TEST(JsonDisplay, TheEndSaysWhyAndWhatItMeans) {
  JsonInMemory json;
  const train::History history({.epochs = {told_epoch(1)},
                                .cause = train::StopCause::patience,
                                .stop_reason = "validation_loss did not improve in 1 epoch"});
  json.display->fit_end(history, 0);
  const auto object = nlohmann::json::parse(json.text());
  EXPECT_EQ(object["type"], "end");
  EXPECT_EQ(object["epochs"], 1);
  EXPECT_EQ(object["best_epoch"], 1);
  EXPECT_EQ(object["stop_cause"], "patience");
  EXPECT_EQ(object["stop_reason"], history.stop_reason());
  EXPECT_EQ(object["verdict"], history.verdict());
}

// ---- the environment -----------------------------------------------------------------------------------------------

TEST(ProgressTerminal, ColumnsAreThoseOfTheTerminalAtThatMoment) {
  Terminal terminal(123);
  EXPECT_EQ(terminal_columns(terminal.file()), 123);
  terminal.resize(45);
  EXPECT_EQ(terminal_columns(terminal.file()), 45);
}

TEST(ProgressTerminal, WithoutAWidthColumnsAreThoseOfTheEnvironmentOr80) {
  Terminal terminal(0);
  const InMemory file;
  for (std::FILE* f : {terminal.file(), file.file}) {
    for (const char* bad : {(const char*)nullptr, "", "0", "-5", "10001", "99999999999", "80x", " 80", "wide"}) {
      const WithVariable columns("COLUMNS", bad);
      EXPECT_EQ(terminal_columns(f), 80) << (bad ? bad : "null");
    }
    const WithVariable columns("COLUMNS", "72");
    EXPECT_EQ(terminal_columns(f), 72);
  }
}

TEST(ProgressTerminal, CanRedrawUnlessItIsDumbOrNone) {
  Terminal terminal(80);
  const InMemory file;
  {
    const WithVariable term("TERM", "xterm-256color");
    EXPECT_TRUE(can_redraw(terminal.file()));
    EXPECT_FALSE(can_redraw(file.file));
  }
  for (const char* name : {(const char*)nullptr, "", "dumb"}) {
    const WithVariable term("TERM", name);
    EXPECT_FALSE(can_redraw(terminal.file()));
  }
}

TEST(ProgressTerminal, NoColorIsRespectedUnlessItIsEmpty) {
  for (const char* value : {(const char*)nullptr, ""}) {
    const WithVariable no_color("NO_COLOR", value);
    EXPECT_TRUE(may_color());
  }
  for (const char* value : {"1", "0", "false"}) {
    const WithVariable no_color("NO_COLOR", value);
    EXPECT_FALSE(may_color());
  }
}

TEST(ProgressTerminal, BlocksAreForUtf8InTheLocaleThatCounts) {
  const auto blocks_with = [](const char* all, const char* type, const char* lang) {
    const WithVariable a("LC_ALL", all), b("LC_CTYPE", type), c("LANG", lang);
    return has_utf8_blocks();
  };
  EXPECT_TRUE(blocks_with(nullptr, nullptr, "en_US.UTF-8"));
  EXPECT_TRUE(blocks_with("C.utf8", nullptr, nullptr));
  EXPECT_TRUE(blocks_with("", "de_DE.UTF-8@euro", "C"));
  EXPECT_FALSE(blocks_with("C", "en_US.UTF-8", "en_US.UTF-8"));
  EXPECT_FALSE(blocks_with(nullptr, "POSIX", "en_US.UTF-8"));
  EXPECT_FALSE(blocks_with(nullptr, nullptr, nullptr));
  EXPECT_FALSE(blocks_with(nullptr, nullptr, "ja_JP.UTF-8"));
}

// ---- a file that cannot be written ---------------------------------------------------------------------------------

TEST(ProgressOutput, AFullDiskEndsIt) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Output out(full);
  EXPECT_FALSE(out.failed());
  out.write("a line\n");
  EXPECT_TRUE(out.failed());
  std::fclose(full);
}

TEST(ProgressOutput, AReaderThatIsGoneEndsIt) {
  const testing::ActionFor ignored(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  std::FILE* file = fdopen(ends[1], "w");
  Output out(file);
  out.write("a line\n");
  EXPECT_TRUE(out.failed());
  std::fclose(file);
}

TEST(ProgressOutput, AfterAFailureNothingIsWritten) {
  Terminal terminal(80);
  const int saved = dup(fileno(terminal.file()));
  Output out(terminal.file());
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(dup2(full, fileno(terminal.file())), 0);
  setvbuf(terminal.file(), nullptr, _IONBF, 0);
  out.write("lost");
  EXPECT_TRUE(out.failed());
  ASSERT_GE(dup2(saved, fileno(terminal.file())), 0);  // there is room again
  out.write("too late");
  EXPECT_EQ(terminal.take(), "");
  close(full);
  close(saved);
}

TEST(ProgressOutput, WaitsForAReaderThatIsSlow) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  std::FILE* file = fdopen(ends[1], "w");
  const std::string text(3000, 'x');
  Output out(file);
  out.write(text);
  std::string read_text;
  std::thread reader([&read_text, from = ends[0]] {
    char buffer[8192];
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;) read_text.append(buffer, static_cast<std::size_t>(n));
  });
  out.write(text);
  EXPECT_FALSE(out.failed());
  std::fclose(file);
  reader.join();
  EXPECT_EQ(read_text, text + text);
  close(ends[0]);
}

}  // namespace
}  // namespace xtape::report
