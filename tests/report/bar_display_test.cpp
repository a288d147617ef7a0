// The bar on pseudo-terminals of several widths: what stands on the screen while a run goes on, and what stays.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <termios.h>

#include <memory>
#include <string>

#include "report/told_run.hpp"
#include "support/terminal.hpp"

namespace xtape::report {
namespace {

using testing::Screen;
using testing::Terminal;

/// A bar on a terminal.
struct BarOnTerminal {
  explicit BarOnTerminal(int columns, LineStyle style = {})
      : terminal(columns), out(terminal.file()), display(bar_display(out, style)), run(*display) {}
  std::string text() { return terminal.screen().text(); }
  /// As Ctrl-S does, and go_on() as Ctrl-Q. Meanwhile a write that would wait fails.
  void stop() const {
    fcntl(fileno(terminal.file()), F_SETFL, O_NONBLOCK);
    EXPECT_EQ(tcflow(fileno(terminal.file()), TCOOFF), 0);
  }
  void go_on() const { EXPECT_EQ(tcflow(fileno(terminal.file()), TCOON), 0); }

  Terminal terminal;
  Output out;
  std::unique_ptr<Display> display;
  ToldRun run;
};

TEST(BarDisplay, ShowsALiveLineBelowTheTable) {
  BarOnTerminal bar(200);
  bar.run.begin();
  bar.run.whole_epoch();
  bar.run.begin_epoch();
  bar.run.batches(5);
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 +
                            "epoch 2/2  step 15  [##############--------------]   50%  loss 0.5000  accuracy 0.7500  "
                            "    40 samples/s  0:03 left  lr 0.01\n");
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
  EXPECT_EQ(bar.text(), narrow_table);
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
  EXPECT_EQ(bar.terminal.screen().current_line(), "epoch 2/2   50%  loss 0.5000  0:03 left");
  bar.run.batches(5);
  bar.run.end_epoch();
  bar.terminal.resize(60);
  bar.run.end();
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 + told_lines(2, 40));
  EXPECT_EQ(bar.terminal.screen().wraps(), 0);
}

TEST(BarDisplay, IsDrawnAtMostTenTimesASecond) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 1, .batches = 100000, .training_samples = 1000000});
  bar.run.begin_epoch();
  std::size_t draws = 0;
  for (int i = 0; i < 10001; ++i) {  // three seconds
    bar.run.batch(0.0003);
    draws += occurrences(bar.terminal.take(), "\x1b[K");
  }
  EXPECT_LE(draws, 31u);
  EXPECT_GE(draws, 29u);
}

TEST(BarDisplay, DrawsTheFirstBatchAtOnce) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.run.begin_epoch();
  EXPECT_EQ(bar.text(), "");
  bar.run.batch(0.001);
  EXPECT_EQ(bar.text(), "epoch 1/2  [#---------]   10%  loss 0.5000  -:-- left\n");
}

TEST(BarDisplay, SaysThatItValidatesAsSoonAsTheLastBatchIsDone) {
  BarOnTerminal bar(80);
  bar.run.begin();
  for (int epoch = 1; epoch <= 2; ++epoch) {
    bar.run.begin_epoch();
    bar.run.batches(10, 0.001);
    EXPECT_NE(bar.terminal.screen().current_line().find("]  validating  loss"), std::string::npos);
    bar.run.end_epoch();
  }
}

TEST(BarDisplay, IsNotDrawnForAValidationThatTakesNoTime) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 1000, .batches = 10, .validation_samples = 50});
  std::size_t draws = 0;
  for (int epoch = 0; epoch < 100; ++epoch) {  // a second
    bar.run.whole_epoch(0.0009, 0.001);
    draws += occurrences(bar.terminal.take(), "loss 0.5000");
  }
  EXPECT_LE(draws, 12u);
  EXPECT_GE(draws, 9u);
}

TEST(BarDisplay, HoldsBackRowsOfShortEpochsButNeitherTheBestNorTheLast) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 1000, .batches = 1, .validation_samples = 50});
  std::string text;
  for (int epoch = 1; epoch <= 1000; ++epoch) {  // two seconds
    bar.run.whole_epoch(0.001, 0.001, epoch == 1 || epoch == 987);
    text += bar.terminal.take();
  }
  bar.run.end();
  text += bar.terminal.take();
  Screen screen(80);
  screen.show(text);
  const std::string shown = screen.text();
  const std::size_t rows = occurrences(shown, "      4.0");
  EXPECT_GE(rows, 40u);
  EXPECT_LE(rows, 70u);
  EXPECT_NE(shown.find("\n  987  "), shown.npos) << shown;
  EXPECT_NE(shown.find("\n 1000  "), shown.npos) << shown;
  EXPECT_NE(shown.find(std::to_string(rows) + " of 1,000 epochs are listed: of short ones, about 20 a second\n"),
            shown.npos)
      << shown;
}

TEST(BarDisplay, DoesNotValidateWithoutValidationData) {
  BarOnTerminal bar(80);
  bar.run.begin({.epochs = 2, .batches = 10, .training_samples = 100});
  bar.run.begin_epoch();
  bar.run.batches(10);
  EXPECT_NE(bar.terminal.screen().current_line().find("100%"), std::string::npos);
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
            "epoch 1/2  [#####-----]   50%  loss 0.5000  0:05 left\n");
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
  EXPECT_EQ(bar.text(), table_header + told_row(11) +
                            "epoch 12/12  [###########]  validating  loss 0.5000  accuracy 0.7500  0:02 left\n");
}

TEST(BarDisplay, DoesNotWaitForATerminalThatTakesNothing) {
  BarOnTerminal bar(80);
  bar.run.begin();
  bar.run.begin_epoch();
  bar.run.batches(3);
  const std::string before = bar.text();
  bar.stop();
  bar.run.batches(7);
  bar.run.warn("meanwhile");
  bar.run.end_epoch();
  for (int epoch = 2; epoch <= 100; ++epoch) bar.run.whole_epoch();
  bar.go_on();
  ASSERT_FALSE(bar.out.failed());
  EXPECT_EQ(bar.text(), before);
  bar.run.end();
  std::string expected = "warning: meanwhile\n" + table_header;
  for (int epoch = 1; epoch <= 100; ++epoch) expected += told_row(epoch);
  EXPECT_EQ(bar.text(), expected);
}

TEST(BarDisplay, IsDrawnAgainWhenTheTerminalGoesOn) {
  BarOnTerminal bar(60);
  bar.run.begin();
  bar.stop();
  bar.run.whole_epoch();
  bar.go_on();
  ASSERT_FALSE(bar.out.failed());
  bar.run.begin_epoch();
  bar.run.batches(5);
  EXPECT_EQ(bar.text(), table_header + row_of_epoch_1 + "epoch 2/2  [#####-----]   50%  loss 0.5000  0:03 left\n");
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

}  // namespace
}  // namespace xtape::report
