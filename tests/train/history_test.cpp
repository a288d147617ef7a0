#include "xtape/train/history.hpp"

#include <cstdlib>
#include <limits>
#include <sstream>

#include "support/expect.hpp"
#include "support/misuse.hpp"

namespace xtape::train {
namespace {

using testing::expect_errors;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

EpochRecord with_losses(std::int64_t epoch, double train, double validation) {
  EpochRecord r;
  r.epoch = epoch;
  r.train_loss = train;
  r.validation_loss = validation;
  return r;
}

History of_losses(const std::vector<double>& validation, const std::string& monitor = "validation_loss") {
  HistoryData data;
  data.monitor = monitor;
  for (double v : validation) {
    const auto epoch = static_cast<std::int64_t>(data.epochs.size()) + 1;
    data.epochs.push_back(with_losses(epoch, 1.0 / static_cast<double>(epoch), v));
    data.epochs.back().validation_accuracy = v;
  }
  return History(data);
}

TEST(History, TheBestEpochIsTheFirstWithTheBestMonitoredValue) {
  EXPECT_EQ(of_losses({3, 1, 2, 1}).best_epoch(), 2);
  EXPECT_EQ(of_losses({3, 1, 2, 3}, "validation_accuracy").best_epoch(), 1);
  EXPECT_EQ(of_losses({nan, 5, nan}).best_epoch(), 2) << "NaN is never the best";
  EXPECT_EQ(of_losses({std::numeric_limits<double>::infinity(), 5}).best_epoch(), 2);
  EXPECT_EQ(of_losses({3, 4, 5}, "train_loss").best_epoch(), 3);
}

TEST(History, WithoutValidationTheTrainingLossDecides) {
  EXPECT_EQ(of_losses({nan, nan, nan}).best_epoch(), 3);
  EXPECT_EQ(of_losses({}).best_epoch(), 0);
}

TEST(History, IsARangeOfItsRecords) {
  const History history = of_losses({3, 1, 2});
  std::int64_t sum = 0;
  for (const EpochRecord& r : history) sum += r.epoch;
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(history.size(), 3u);
  EXPECT_FALSE(history.empty());
  EXPECT_TRUE(History().empty());
  EXPECT_EQ(history[2].validation_loss, 2);
}

TEST(History, HasALastAndABestRecord) {
  const History history = of_losses({3, 1, 2});
  EXPECT_EQ(history.back().epoch, 3);
  EXPECT_EQ(history.best().epoch, 2);
  EXPECT_EQ(of_losses({3, 1}).best().validation_loss, 1);
  expect_errors({
      {"IndexError: History: no epoch was completed, so there is no last one", [] { History().back(); }},
      {"IndexError: History: there is no best epoch: none has a validation_loss or a train_loss",
       [] { History().best(); }},
  });
}

TEST(History, PrintsWhyItEndedAndWhatItMeans) {
  HistoryData data = of_losses({3, 1, 2}).data();
  data.stop_reason = "epoch 3 was the last";
  const History history(data);
  std::ostringstream out;
  out << history;
  EXPECT_EQ(out.str(), "epoch 3 was the last\n" + history.verdict());
}

TEST(History, RefusesWhatItDoesNotHave) {
  expect_errors({
      {"IndexError: History: epoch 3 is outside [0, 3); history[0] is the first",
       [] {
         of_losses({3, 1, 2})[3];
       }},
      {"IndexError: History: epoch 0 is outside [0, 0); history[0] is the first", [] { History()[0]; }},
      {"ValueError: Trainer: monitor = \"val_loss\" is not one of validation_loss, validation_accuracy, train_loss, "
       "train_accuracy",
       [] { detail::monitored(EpochRecord(), "val_loss"); }},
      {"ValueError: Trainer: monitor = \"\" is not one of validation_loss, validation_accuracy, train_loss, "
       "train_accuracy",
       [] { of_losses({1}, ""); }},
  });
}

TEST(History, ALossIsBetterWhenItIsLower) {
  EpochRecord r = with_losses(1, 2, 3);
  r.train_accuracy = 4;
  r.validation_accuracy = 5;
  struct Case {
    const char* monitor;
    double value;
    bool lower_is_better;
  };
  for (const auto& [monitor, value, lower] :
       {Case{"train_loss", 2, true}, Case{"validation_loss", 3, true}, Case{"train_accuracy", 4, false},
        Case{"validation_accuracy", 5, false}}) {
    EXPECT_EQ(detail::monitored(r, monitor), value);
    EXPECT_EQ(detail::lower_is_better(monitor), lower);
  }
}

// ---- files -------------------------------------------------------------------------------------------------------

History awkward_numbers() {
  HistoryData data;
  data.epochs.push_back(with_losses(1, 0.1, 1.0 / 3));
  data.epochs[0].lr = 1e-5;
  data.epochs[0].seconds = 2;
  data.epochs[0].steps = 938;
  data.epochs.push_back(with_losses(2, 5e-324, 1.7976931348623157e308));
  data.epochs[1].gap = std::numeric_limits<double>::infinity();
  data.epochs[1].gap_low = -std::numeric_limits<double>::infinity();
  return History(data);
}

TEST(History, AsCsvHasTheNamesOfTheFieldsAndNothingForWhatWasNotMeasured) {
  EXPECT_EQ(awkward_numbers().to_csv(),
            "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,lr,seconds,steps,train_eval_loss,"
            "train_eval_accuracy,gap,gap_low,gap_high\n"
            "1,0.1,,0.3333333333333333,,1e-05,2,938,,,,,\n"
            "2,5e-324,,1.7976931348623157e+308,,0,0,0,,,inf,-inf,\n");
  EXPECT_EQ(History().to_csv().find('\n'), History().to_csv().size() - 1) << "only the header";
}

TEST(History, AsJsonIsAnObjectForEachEpoch) {
  EXPECT_EQ(awkward_numbers().to_jsonl(),
            "{\"epoch\": 1, \"train_loss\": 0.1, \"train_accuracy\": null, \"validation_loss\": 0.3333333333333333, "
            "\"validation_accuracy\": null, \"lr\": 1e-05, \"seconds\": 2, \"steps\": 938, \"train_eval_loss\": null, "
            "\"train_eval_accuracy\": null, \"gap\": null, \"gap_low\": null, \"gap_high\": null}\n"
            "{\"epoch\": 2, \"train_loss\": 5e-324, \"train_accuracy\": null, \"validation_loss\": "
            "1.7976931348623157e+308, \"validation_accuracy\": null, \"lr\": 0, \"seconds\": 0, \"steps\": 0, "
            "\"train_eval_loss\": null, \"train_eval_accuracy\": null, \"gap\": 1e999, \"gap_low\": -1e999, "
            "\"gap_high\": null}\n");
  EXPECT_EQ(History().to_jsonl(), "");
}

TEST(History, NumbersInFilesReadBackExactly) {
  HistoryData data;
  double x = 0.7;
  for (std::int64_t i = 1; i <= 500; ++i) {
    x = std::fmod(x * 1103.515245 + 0.12345, 1.0) * std::pow(10.0, static_cast<double>(i % 40 - 20));
    data.epochs.push_back(with_losses(i, x, nan));
  }
  const std::string csv = History(data).to_csv();
  std::size_t at = 0;
  for (const EpochRecord& r : data.epochs) {
    at = csv.find('\n', at) + 1;
    const std::size_t comma = csv.find(',', at);
    EXPECT_EQ(std::strtod(csv.c_str() + comma + 1, nullptr), r.train_loss) << r.epoch;
  }
}

}  // namespace
}  // namespace xtape::train
