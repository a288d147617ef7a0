// The verdict on histories that hold a NaN, losses below 0, a perfect fit and other rare things.
#include <cmath>
#include <string>
#include <vector>

#include "support/constants.hpp"
#include "support/expect.hpp"
#include "xtape/train/history.hpp"

namespace xtape::testing {
namespace {

using train::HistoryData;
using train::StopCause;

std::string first_word(const std::string& verdict) { return verdict.substr(0, verdict.find_first_of(" :")); }

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

/// A run of a loss that is no regression and names no classes.
HistoryData of_losses(const std::vector<double>& training, const std::vector<double>& validation, double first_loss) {
  HistoryData data{.training_samples = 1000, .validation_samples = 1000, .train_eval_samples = 1000};
  data.first_loss = first_loss;
  for (std::size_t i = 0; i < training.size(); ++i) {
    train::EpochRecord r{.epoch = static_cast<std::int64_t>(i) + 1};
    r.train_loss = r.train_eval_loss = training[i];
    r.validation_loss = validation[i];
    data.epochs.push_back(r);
  }
  return data;
}

/// The same of a classifier with two classes.
HistoryData of_accuracies(const std::vector<double>& training, const std::vector<double>& validation) {
  std::vector<double> losses, held_out;
  for (double a : training) losses.push_back(1.5 - a);
  for (double a : validation) held_out.push_back(1.5 - a);
  HistoryData data = of_losses(losses, held_out, 0.8);
  data.classes = 2;
  data.majority_share = 0.5;
  for (std::size_t i = 0; i < training.size(); ++i) {
    train::EpochRecord& r = data.epochs[i];
    r.train_accuracy = r.train_eval_accuracy = training[i];
    r.validation_accuracy = validation[i];
  }
  return data;
}

std::string verdict(HistoryData data) { return train::History(std::move(data)).verdict(); }

TEST(Verdict, SaysSinceWhichEpochValidationLossRises) {
  const std::string v = verdict(of_losses({0.9, 0.6, 0.4, 0.3, 0.2, 0.1}, {1.0, 0.7, 0.5, 0.6, 0.7, 0.8}, 1.0));
  EXPECT_TRUE(starts_with(v, "overfitting since epoch 3: validation loss rose from 0.5 to")) << v;
}

TEST(Verdict, OverlooksAnEpochWithoutValidationLoss) {
  const std::string v = verdict(of_losses({0.9, 0.6, 0.4, 0.3, 0.2, 0.1}, {nan, 0.7, 0.5, 0.6, 0.7, 0.8}, 1.0));
  EXPECT_TRUE(starts_with(v, "overfitting since epoch 3: ")) << v;
}

TEST(Verdict, NamesAValidationLossThatIsNan) {
  const std::string v = verdict(of_losses({0.9, 0.6, 0.4, 0.2}, {nan, nan, nan, nan}, 1.0));
  EXPECT_EQ(v, "undecided: the validation loss is NaN; look for NaN in the validation data");
}

TEST(Verdict, OfALossBelowZeroIsNotDiverged) {
  EXPECT_EQ(first_word(verdict(of_losses({-2.7, -2.9, -2.99, -3}, {-2.7, -2.9, -2.99, -3}, -2.4))), "undecided");
  EXPECT_EQ(first_word(verdict(of_losses({0.1, 0.05, 0.01, 0.001}, {0.1, 0.05, 0.01, 0.001}, 0))), "undecided");
  const std::string v = verdict(of_losses({-2, -3, -4, -5, -6, -7}, {-2, -3, -4, -2, 0, 2}, -1));
  EXPECT_TRUE(starts_with(v, "overfitting since epoch 3: ")) << v;
}

TEST(Verdict, OfAPerfectRegressionThatFailsOnNewDataIsOverfitting) {
  HistoryData data = of_losses({1, 0.5, 0, 0}, {6, 6.2, 6.3, 6.34}, 1);
  data.train_eval_r2 = 1;
  data.validation_r2 = -8;
  const std::string v = verdict(std::move(data));
  EXPECT_TRUE(starts_with(v, "overfitting")) << v;
}

TEST(Verdict, AdvisesNoLongerTrainingWhereEarlyStoppingEndedIt) {
  HistoryData data = of_accuracies({0.8, 0.9, 0.95, 0.96, 0.965, 0.97}, {0.8, 0.89, 0.93, 0.935, 0.94, 0.945});
  EXPECT_NE(verdict(data).find("train longer"), std::string::npos) << verdict(data);
  data.cause = StopCause::patience;
  EXPECT_EQ(verdict(data).find("train longer"), std::string::npos) << verdict(data);
}

TEST(Verdict, SaysWhatAlwaysNamingOneClassGives) {
  HistoryData data = of_accuracies({0.95, 0.95, 0.95, 0.95}, {0.945, 0.945, 0.945, 0.945});
  data.majority_share = 0.945;
  const std::string v = verdict(std::move(data));
  EXPECT_NE(v.find("always naming the most frequent class gives 0.945"), std::string::npos) << v;
}

TEST(Verdict, WithoutAnEpochAfterALossThatWasNotFiniteLooksAtTheDataFirst) {
  HistoryData data;
  data.cause = StopCause::not_finite;
  EXPECT_TRUE(starts_with(verdict(std::move(data)),
                          "diverged: the loss was not finite in the first epoch; look for NaN in the data"));
}

}  // namespace
}  // namespace xtape::testing
