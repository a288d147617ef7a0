// The pure pieces of progress: numbers as a person reads them, the live line at every width, speed and time left.
#include "report/progress_line.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>

#include "report/pace.hpp"
#include "report/text.hpp"

namespace xtape::report {
namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();

// ---- text ----------------------------------------------------------------------------------------------------------

TEST(ProgressText, ALossTakesSixCharactersWhateverItIs) {
  EXPECT_EQ(fixed_width(0.61274, 6, 4), "0.6127");
  EXPECT_EQ(fixed_width(12.3456, 6, 4), "12.346");
  EXPECT_EQ(fixed_width(99.9999, 6, 4), "100.00");
  EXPECT_EQ(fixed_width(123456, 6, 4), "123456");
  EXPECT_EQ(fixed_width(1234567, 6, 4), " 1e+06");
  EXPECT_EQ(fixed_width(-0.5, 6, 4), "-0.500");
  EXPECT_EQ(fixed_width(-no_number, 6, 4), "   nan");
  EXPECT_EQ(fixed_width(-infinity, 6, 4), "  -inf");
  for (int exponent = -300; exponent <= 300; exponent += 3) {
    EXPECT_EQ(fixed_width(std::pow(10, exponent), 6, 4).size(), 6u) << exponent;
    EXPECT_EQ(fixed_width(-std::pow(10, exponent), 6, 4).size(), 6u) << exponent;
  }
}

TEST(ProgressText, TimeLeftIsThatOfAClock) {
  EXPECT_EQ(clock_time(0), "0:00");
  EXPECT_EQ(clock_time(-3), "0:00");
  EXPECT_EQ(clock_time(7.4), "0:07");
  EXPECT_EQ(clock_time(59.6), "1:00");
  EXPECT_EQ(clock_time(3599), "59:59");
  EXPECT_EQ(clock_time(3723), "1:02:03");
  EXPECT_EQ(clock_time(100 * 3600), "4 d 4 h");
  EXPECT_EQ(clock_time(infinity), "1000000 d 0 h");
}

TEST(ProgressText, AGuessOfTimeIsRough) {
  EXPECT_EQ(rough_time(0.2), "0 s");
  EXPECT_EQ(rough_time(7), "7 s");
  EXPECT_EQ(rough_time(43), "40 s");
  EXPECT_EQ(rough_time(89), "90 s");
  EXPECT_EQ(rough_time(90), "2 min");
  EXPECT_EQ(rough_time(200), "3 min");
  EXPECT_EQ(rough_time(2 * 3600 + 8 * 60), "2 h 10 min");
  EXPECT_EQ(rough_time(26 * 3600), "1 d 2 h");
}

TEST(ProgressText, HasADecimalPointInEveryLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "pl_PL.UTF-8"}) {
    if (std::setlocale(LC_ALL, name)) break;  // where none is installed, this is a weaker test
  }
  EXPECT_EQ(fixed_width(0.5, 6, 4), "0.5000");
  EXPECT_EQ(heartbeat_line({.epoch = 1, .batch = 1, .batches = 2, .loss = 0.5}),
            "epoch 1: 50% of 2 batches, loss 0.5000");
  std::setlocale(LC_ALL, before.c_str());
}

// ---- the live line -------------------------------------------------------------------------------------------------

Moment half_way() {
  return {.epoch = 3,
          .epochs = 10,
          .batch = 422,
          .batches = 844,
          .step = 2110,
          .loss = 0.41234,
          .accuracy = 0.85123,
          .samples_per_second = 12345.4,
          .seconds_left = 83,
          .lr = 1e-3};
}

/// The characters that a terminal shows: without colors, and with one for each block.
std::size_t shown_length(const std::string& line) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else {
      n += (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
    }
  }
  return n;
}

TEST(LiveLine, HasAllWhereThereIsRoom) {
  EXPECT_EQ(live_line(half_way(), 200, {}),
            "epoch  3/10  step 2110  [##############--------------]   50%  loss 0.4123  accuracy 0.8512  "
            "12,345 samples/s  1:23 left  lr 0.001");
}

TEST(LiveLine, LeavesOutWhatMattersLeastWhereItIsNarrow) {
  EXPECT_EQ(live_line(half_way(), 100, {}),
            "epoch  3/10  [######-------]   50%  loss 0.4123  accuracy 0.8512  12,345 samples/s  1:23 left");
  EXPECT_EQ(live_line(half_way(), 80, {}), "epoch  3/10  [#####------]   50%  loss 0.4123  accuracy 0.8512  1:23 left");
  EXPECT_EQ(live_line(half_way(), 60, {}), "epoch  3/10  [####----]   50%  loss 0.4123  1:23 left");
  EXPECT_EQ(live_line(half_way(), 40, {}), " 3/10   50%  loss 0.4123  1:23 left");
  EXPECT_EQ(live_line(half_way(), 30, {}), " 3/10   50%  loss 0.4123");
  EXPECT_EQ(live_line(half_way(), 20, {}), " 3/10   50%");
  EXPECT_EQ(live_line(half_way(), 10, {}), " 3/10");
  EXPECT_EQ(live_line(half_way(), 5, {}), "");
}

TEST(LiveLine, DoesNotJumpWhenTheSpeedIsKnown) {
  Moment first = half_way();
  first.step = 1;
  first.samples_per_second = first.seconds_left = no_number;
  for (const int columns : {70, 80, 100, 120, 200}) {
    const std::string before = live_line(first, columns, {}), after = live_line(half_way(), columns, {});
    EXPECT_EQ(before.size(), after.size()) << before << "\n" << after;
    for (const char* piece : {"[", "]", "loss", "accuracy", "samples/s", "left", "lr"}) {
      EXPECT_EQ(before.find(piece), after.find(piece)) << before << "\n" << after;
    }
  }
}

TEST(LiveLine, TheBarKeepsItsLengthWhileTheModelIsValidated) {
  Moment validating = half_way();
  validating.is_validating = true;
  for (const int columns : {60, 70, 80, 100, 200}) {
    EXPECT_EQ(live_line(half_way(), columns, {}).find(']'), live_line(validating, columns, {}).find(']')) << columns;
  }
}

TEST(LiveLine, IsNeverAsWideAsTheTerminal) {
  Moment large = half_way();
  large.epoch = large.epochs = 100000;
  large.batch = large.batches = large.step = 123456789;
  large.loss = -1e300;
  large.samples_per_second = 1e300;
  large.seconds_left = 1e300;
  large.lr = 1.234e-300;
  Moment validating = half_way();
  validating.is_validating = true;
  for (const Moment& m : {half_way(), large, validating, Moment()}) {
    for (int columns = 1; columns <= 300; ++columns) {
      for (const LineStyle style : {LineStyle(), LineStyle{.has_blocks = true, .has_color = true}}) {
        const std::string line = live_line(m, columns, style);
        EXPECT_LT(shown_length(line), static_cast<std::size_t>(columns)) << line;
      }
    }
  }
}

TEST(LiveLine, HasTheSameWidthWithBlocksAndColors) {
  const std::string ascii = live_line(half_way(), 90, {});
  EXPECT_EQ(shown_length(live_line(half_way(), 90, {.has_blocks = true, .has_color = true})), ascii.size());
}

TEST(LiveLine, DrawsBlocksAndColorsOnRequestAlone) {
  const std::string line = live_line(half_way(), 80, {.has_blocks = true, .has_color = true});
  EXPECT_NE(line.find("\x1b[32m\u2588\u2588"), line.npos) << line;
  EXPECT_NE(line.find("\x1b[0m\u2591"), line.npos) << line;
  for (const char c : live_line(half_way(), 80, {})) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(LiveLine, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(live_line({.epoch = 2, .batch = 7, .step = 9, .loss = 0.5}, 200, {}), "epoch 2  step 9  loss 0.5000");
}

TEST(LiveLine, SaysThatTheEpochIsValidated) {
  Moment m = half_way();
  m.batch = m.batches;
  m.is_validating = true;
  EXPECT_EQ(live_line(m, 60, {}), "epoch  3/10  [########]  validating  loss 0.4123  1:23 left");
}

TEST(Heartbeat, SaysHowFarTheEpochIs) {
  Moment m = half_way();
  m.batch = 347;
  m.samples_per_second = 1234;
  m.seconds_left = 190;
  EXPECT_EQ(heartbeat_line(m), "epoch 3: 41% of 844 batches, loss 0.4123, 1,234 samples/s, about 3 min left");
}

TEST(Heartbeat, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(heartbeat_line({.epoch = 3, .batch = 12, .loss = no_number}), "epoch 3: batch 12, loss nan");
}

TEST(Heartbeat, KeepsDecimalsOfSlowTraining) {
  EXPECT_EQ(heartbeat_line({.epoch = 1, .batch = 1, .batches = 4, .loss = 2, .samples_per_second = 0.26}),
            "epoch 1: 25% of 4 batches, loss 2.0000, 0.3 samples/s");
}

// ---- speed and time left -------------------------------------------------------------------------------------------

/// A run whose batches of 10 samples take a second each, and what follows an epoch two seconds.
class SteadyRun {
 public:
  SteadyRun(std::int64_t epochs, std::int64_t batches, std::int64_t validation_samples = 0)
      : epochs_(epochs),
        batches_(batches),
        pace_({.epochs = epochs, .batches = batches, .validation_samples = validation_samples}) {}

  void begin_epoch() {
    ++epoch_;
    batch_ = 0;
    pace_.begin_epoch(now_);
  }
  void batch(double seconds = 1) {
    now_ += seconds;
    pace_.end_batch({.epoch = epoch_, .batch = ++batch_, .batches = batches_, .samples = 10}, now_);
  }
  void pause(double seconds = 2) { now_ += seconds; }
  void whole_epoch() {
    begin_epoch();
    for (std::int64_t i = 0; i < batches_; ++i) batch();
    pause();
  }
  const Pace& pace() const { return pace_; }
  double end() const { return now_ + pace_.seconds_left(); }
  double whole_run() const { return static_cast<double>(epochs_ * (batches_ + 2)); }

 private:
  std::int64_t epochs_, batches_, epoch_ = 0, batch_ = 0;
  double now_ = 0;
  Pace pace_;
};

TEST(Pace, KnowsNothingBeforeTheSecondBatch) {
  SteadyRun run(2, 10);
  EXPECT_TRUE(std::isnan(run.pace().samples_per_second()));
  run.begin_epoch();
  run.batch();
  EXPECT_TRUE(std::isnan(run.pace().samples_per_second()));
  EXPECT_TRUE(std::isnan(run.pace().seconds_left()));
}

TEST(Pace, DoesNotCountTheFirstBatch) {
  SteadyRun run(2, 10);
  run.begin_epoch();
  run.batch(50);
  run.batch();
  EXPECT_DOUBLE_EQ(run.pace().samples_per_second(), 10);
}

TEST(Pace, ForgetsASpeedThatIsLongAgo) {
  SteadyRun run(1, 1000);
  run.begin_epoch();
  for (int i = 0; i < 200; ++i) run.batch();
  for (int i = 0; i < 200; ++i) run.batch(0.5);
  EXPECT_NEAR(run.pace().samples_per_second(), 20, 0.5);
}

TEST(Pace, TheWholeRunIncludesWhatFollowsEachEpoch) {
  SteadyRun run(5, 20);
  run.whole_epoch();
  run.begin_epoch();
  for (int i = 0; i < 10; ++i) run.batch();
  EXPECT_NEAR(run.end(), run.whole_run(), run.whole_run() / 20);
}

TEST(Pace, GuessesTheFirstValidation) {
  SteadyRun without(1, 10), with(1, 10, 30);
  for (SteadyRun* run : {&without, &with}) {
    run->begin_epoch();
    for (int i = 0; i < 10; ++i) run->batch();
  }
  EXPECT_DOUBLE_EQ(without.pace().seconds_left(), 0);
  EXPECT_DOUBLE_EQ(with.pace().seconds_left(), 2);  // 60 samples at a third of 0.1 s
}

TEST(Pace, PausesAreMeasuredBetweenEpochsAlone) {
  SteadyRun run(5, 4);
  run.whole_epoch();
  EXPECT_FALSE(run.pace().knows_pause());
  run.begin_epoch();
  EXPECT_DOUBLE_EQ(run.pace().pause(), 2);
  run.batch();
  run.begin_epoch();  // of another fit(), say: the epoch before was left in the middle
  EXPECT_DOUBLE_EQ(run.pace().pause(), 2);
}

TEST(Pace, TheEndStaysWhereItIsWhileBatchesTakeAboutTheSame) {
  SteadyRun run(1, 2000);
  run.begin_epoch();
  for (int i = 0; i < 100; ++i) run.batch(i % 2 == 0 ? 0.9 : 1.1);
  const double end = run.end();
  for (int i = 0; i < 100; ++i) {
    run.batch(i % 2 == 0 ? 0.9 : 1.1);
    EXPECT_NEAR(run.end(), end, 1e-9);
  }
}

TEST(Pace, AResumedRunCountsWhatIsLeft) {
  Pace pace({.epochs = 4, .first_epoch = 3, .batches = 10});
  pace.begin_epoch(100);
  pace.end_batch({.epoch = 3, .batch = 6, .batches = 10, .samples = 10}, 101);
  pace.end_batch({.epoch = 3, .batch = 7, .batches = 10, .samples = 10}, 102);
  EXPECT_DOUBLE_EQ(pace.seconds_left(), 13);
}

TEST(Pace, DoesNotKnowTheEndWithoutACountOfBatches) {
  Pace pace;
  for (int batch = 1; batch < 4; ++batch) pace.end_batch({.epoch = 1, .batch = batch, .samples = 10}, batch);
  EXPECT_DOUBLE_EQ(pace.samples_per_second(), 10);
  EXPECT_TRUE(std::isnan(pace.seconds_left()));
}

}  // namespace
}  // namespace xtape::report
