// The table of epochs at every width.
#include "report/epoch_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace xtape::report {
namespace {

using train::EpochRecord;

constexpr int wide_terminal = 60;

EpochRecord classified_epoch() {
  return {.epoch = 1,
          .train_loss = 0.6127,
          .train_accuracy = 0.7835,
          .validation_loss = 0.4367,
          .validation_accuracy = 0.844,
          .seconds = 0.94};
}
EpochRecord regression_epoch() { return {.epoch = 1, .train_loss = 12.5, .validation_loss = 3.25, .seconds = 100}; }
EpochTable ten_epochs(std::int64_t epochs = 10) { return EpochTable({.epochs = epochs, .validation_samples = 100}); }

TEST(EpochTable, OfAClassificationHasLossAndAccuracy) {
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), wide_terminal),
            "          training          validation\n"
            "epoch   loss  accuracy     loss  accuracy  seconds\n"
            "    1  0.6127    0.7835   0.4367    0.8440      0.9\n");
}

TEST(EpochTable, HasItsHeaderOnce) {
  EpochTable t = ten_epochs();
  t.lines(classified_epoch(), wide_terminal);
  EXPECT_EQ(t.lines(classified_epoch(), wide_terminal + 100), "    1  0.6127    0.7835   0.4367    0.8440      0.9\n");
}

TEST(EpochTable, OfARegressionHasNoAccuracies) {
  EXPECT_EQ(ten_epochs().lines(regression_epoch(), wide_terminal),
            "      training   validation\n"
            "epoch     loss         loss  seconds\n"
            "    1    12.500       3.2500    100.0\n");
}

TEST(EpochTable, WithoutValidationHasADashThere) {
  EpochRecord r = classified_epoch();
  r.validation_loss = r.validation_accuracy = EpochRecord().validation_loss;
  EXPECT_EQ(EpochTable({.epochs = 10}).lines(r, wide_terminal),
            "          training          validation\n"
            "epoch   loss  accuracy     loss  accuracy  seconds\n"
            "    1  0.6127    0.7835        -         -      0.9\n");
}

TEST(EpochTable, AValidationLossThatIsNaNIsNoDash) {
  EpochRecord r = classified_epoch();
  r.validation_loss = EpochRecord().validation_loss;
  const std::string lines = ten_epochs().lines(r, wide_terminal);
  EXPECT_NE(lines.find("    1  0.6127    0.7835      nan    0.8440"), lines.npos) << lines;
}

TEST(EpochTable, LeavesOutColumnsWhereThereIsNoRoom) {
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), 51),
            "          training          validation\n"
            "epoch   loss  accuracy     loss  accuracy\n"
            "    1  0.6127    0.7835   0.4367    0.8440\n");
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), 40),
            "      training      validation\n"
            "epoch     loss     loss  accuracy\n"
            "    1    0.6127   0.4367    0.8440\n");
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), 30),
            "          validation\n"
            "epoch    loss  accuracy\n"
            "    1   0.4367    0.8440\n");
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), 20),
            "       validation\n"
            "epoch        loss\n"
            "    1       0.4367\n");
  EXPECT_EQ(ten_epochs().lines(classified_epoch(), 10), "epoch\n    1\n");
  EXPECT_EQ(ten_epochs().lines(regression_epoch(), 30),
            "      training   validation\n"
            "epoch     loss         loss\n"
            "    1    12.500       3.2500\n");
}

TEST(EpochTable, WithoutValidationKeepsWhatIsMeasured) {
  EXPECT_EQ(EpochTable({.epochs = 10}).lines({.epoch = 1, .train_loss = 0.5, .train_accuracy = 0.75}, 30),
            "          training\n"
            "epoch   loss  accuracy\n"
            "    1  0.5000    0.7500\n");
}

TEST(EpochTable, IsNeverAsWideAsTheTerminal) {
  EpochRecord large = classified_epoch();
  large.epoch = 1234567;
  large.train_loss = large.validation_loss = -1e300;
  large.seconds = 1e12;
  EpochRecord unmeasured;
  unmeasured.epoch = 1;
  EpochRecord best = large;
  best.is_best = true;
  for (const EpochRecord& r : {classified_epoch(), regression_epoch(), large, best, unmeasured}) {
    for (const std::int64_t validation_samples : {0, 100}) {
      for (int columns = 10; columns < 100; ++columns) {
        EpochTable t({.epochs = r.epoch, .validation_samples = validation_samples});
        std::istringstream lines(t.lines(r, columns));
        for (std::string line; std::getline(lines, line);) EXPECT_LT(line.size(), static_cast<std::size_t>(columns));
      }
    }
  }
}

TEST(EpochTable, HasANewHeaderForOtherColumns) {
  EpochTable t = ten_epochs();
  t.lines(classified_epoch(), wide_terminal);
  EXPECT_EQ(t.lines(classified_epoch(), 40),
            "      training      validation\n"
            "epoch     loss     loss  accuracy\n"
            "    1    0.6127   0.4367    0.8440\n");
}

TEST(EpochTable, HasRoomForTheNumberOfTheLastEpoch) {
  EXPECT_EQ(ten_epochs(1000000).lines(classified_epoch(), wide_terminal),
            "            training          validation\n"
            "  epoch   loss  accuracy     loss  accuracy  seconds\n"
            "      1  0.6127    0.7835   0.4367    0.8440      0.9\n");
}

TEST(EpochTable, HasAStarBesideAnEpochThatIsTheBestSoFar) {
  EpochRecord best = classified_epoch();
  best.is_best = true;
  std::string expected = ten_epochs().lines(classified_epoch(), wide_terminal);
  expected.insert(expected.size() - 1, " *");
  EXPECT_EQ(ten_epochs().lines(best, wide_terminal), expected);
  EXPECT_EQ(ten_epochs().lines(best, 8), "epoch\n    1 *\n");
  EXPECT_EQ(ten_epochs().lines(best, 7), "epoch\n    1\n");  // no room
}

TEST(EpochTable, SaysWhatTheStarMeansWhereThereIsRoom) {
  EpochTable t = ten_epochs();
  EXPECT_EQ(t.legend("validation_loss", 60), "");  // there is none
  EpochRecord best = classified_epoch();
  best.is_best = true;
  t.lines(best, wide_terminal);
  t.lines(classified_epoch(), wide_terminal);
  EXPECT_EQ(t.legend("validation_loss", 60), "* the best so far, by validation loss\n");
  EXPECT_EQ(t.legend("validation_loss", 37), "* best so far\n");
  EXPECT_EQ(t.legend("validation_loss", 13), "");
}

TEST(EpochTable, HasSixFieldsInARowForToolsThatReadIt) {
  for (const EpochRecord& r : {classified_epoch(), EpochRecord{.epoch = 1, .train_loss = 1, .train_accuracy = 1}}) {
    EpochTable t({.epochs = 10});
    const std::string lines = t.lines(r, wide_terminal);
    std::istringstream row(lines.substr(lines.rfind('\n', lines.size() - 2) + 1));
    int fields = 0;
    for (std::string field; row >> field;) ++fields;
    EXPECT_EQ(fields, 6);
  }
}

}  // namespace
}  // namespace xtape::report
