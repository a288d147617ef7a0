// Lines and objects for files and pipes, what the environment tells of a terminal, and a file that cannot be written.
#include "report/display.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "report/terminal.hpp"
#include "report/told_run.hpp"
#include "support/signals.hpp"
#include "support/terminal.hpp"

namespace xtape::report {
namespace {

using testing::Terminal;
using testing::WithVariable;

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
  EXPECT_EQ(plain.text(), "epoch 1: 40% of 10 batches, loss 0.5000, 40 samples/s, about 6 s left\n");
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
  plain.run->batches(9, 1e6);
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
  EXPECT_EQ(terminal.screen().text(), narrow_table);
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
            R"({"type":"begin","epochs":2,"first_epoch":1,"first_batch":1,"steps":0,"batches":3,"training_samples":30,)"
            R"("validation_samples":5,"parameters":99})"
            "\n"
            R"({"type":"checkpoint","path":"a \"b\".safetensors","epoch":1,"step":3,"is_best":true})"
            "\n"
            R"({"type":"warning","message":"line 1\nline 2 )"
            "\xef\xbf\xbd\"}\n");
}

TEST(JsonDisplay, AnEpochHasTheFieldsOfTheHistory) {
  JsonInMemory json;
  json.display->epoch_end(told_epoch(7), 0);
  auto object = nlohmann::json::parse(json.text());
  EXPECT_EQ(object["type"], "epoch");
  object.erase("type");
  EXPECT_EQ(object["is_best"], false);
  object.erase("is_best");
  EXPECT_EQ(object, nlohmann::json::parse(train::History({.epochs = {told_epoch(7)}}).to_jsonl()));
  EXPECT_TRUE(object["train_eval_loss"].is_null());
}

TEST(JsonDisplay, TheEndSaysWhyAndWhatItMeans) {
  JsonInMemory json;
  const train::History history({.epochs = {told_epoch(1)},
                                .cause = train::StopCause::patience,
                                .stop_reason = "validation loss has not improved in 1 epoch"});
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
  out.offer("too late, too");
  EXPECT_EQ(terminal.take(), "");
  close(full);
  close(saved);
}

/// A pipe with room for a page. A write that would wait fails.
struct SmallPipe {
  SmallPipe() {
    EXPECT_EQ(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    file = fdopen(ends[1], "w");
  }
  ~SmallPipe() { close(ends[0]); }
  /// What a single read gets; "" at the end, and when nothing has come for a second.
  std::string take() const {
    char buffer[8192];
    pollfd come = {.fd = ends[0], .events = POLLIN, .revents = 0};
    if (poll(&come, 1, 1000) <= 0) return "";
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(read(ends[0], buffer, sizeof buffer), 0))};
  }

  int ends[2] = {};
  std::FILE* file = nullptr;  // to be closed by the test
};

TEST(ProgressOutput, WaitsForAReaderThatIsSlow) {
  const SmallPipe pipe;
  const std::string text(3000, 'x');
  Output out(pipe.file);
  out.write(text);
  std::string read_text;
  std::thread reader([&read_text, &pipe] {
    for (std::string part; !(part = pipe.take()).empty();) read_text += part;
  });
  out.write(text);
  EXPECT_FALSE(out.failed());
  std::fclose(pipe.file);
  reader.join();
  EXPECT_EQ(read_text, text + text);
}

TEST(ProgressOutput, WhatIsOfferedWaitsUntilThereIsRoomAndKeepsItsOrder) {
  const SmallPipe pipe;
  std::string text, read_text;
  for (int i = 0; i < 2000; ++i) text += std::to_string(i) + " ";
  Output out(pipe.file);
  out.offer(text);
  out.offer("and this");
  EXPECT_FALSE(out.has_room());
  while (!out.has_room()) read_text += pipe.take();
  EXPECT_FALSE(out.failed());
  std::fclose(pipe.file);
  EXPECT_EQ(read_text + pipe.take(), text + "and this");
}

TEST(ProgressOutput, WritesWhatWaitsFirst) {
  const SmallPipe pipe;
  const std::string filling(4096, 'x');
  Output out(pipe.file);
  out.write(filling);
  out.offer("first ");
  EXPECT_EQ(pipe.take(), filling);
  out.write("second");
  EXPECT_EQ(pipe.take(), "first second");
  std::fclose(pipe.file);
}

}  // namespace
}  // namespace xtape::report
