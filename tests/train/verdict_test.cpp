#include <limits>

#include "support/expect.hpp"
#include "train/verdict_cases.hpp"

namespace xtape::train {
namespace {

using testing::VerdictCase;

std::string word_of(const std::string& verdict) { return verdict.substr(0, verdict.find_first_of(" :")); }

/// An epoch of a classification: losses and accuracies in evaluation mode.
EpochRecord classified(double training_loss, double validation_loss, double training, double validation) {
  EpochRecord r;
  r.train_loss = r.train_eval_loss = training_loss;
  r.validation_loss = validation_loss;
  r.train_accuracy = r.train_eval_accuracy = training;
  r.validation_accuracy = validation;
  return r;
}
/// One of ten classes, of 1000 samples in each set.
HistoryData ten_classes(std::vector<EpochRecord> epochs) {
  HistoryData data;
  for (EpochRecord& r : epochs) r.epoch = &r - epochs.data() + 1;
  data.epochs = std::move(epochs);
  data.training_samples = data.validation_samples = data.train_eval_samples = 1000;
  data.classes = 10;
  data.first_loss = 2.3;
  data.majority_share = 0.1;
  return data;
}
HistoryData turned() {
  return ten_classes({classified(1.5, 1.5, 0.5, 0.5), classified(1.0, 1.1, 0.7, 0.65), classified(0.7, 0.9, 0.8, 0.7),
                      classified(0.4, 0.95, 0.9, 0.72), classified(0.2, 1.1, 0.96, 0.72),
                      classified(0.1, 1.3, 0.99, 0.71)});
}
HistoryData settled() {
  return ten_classes({classified(1.0, 1.1, 0.6, 0.58), classified(0.5, 0.6, 0.8, 0.78),
                      classified(0.4, 0.5, 0.87, 0.85), classified(0.35, 0.46, 0.89, 0.86),
                      classified(0.33, 0.45, 0.9, 0.87), classified(0.32, 0.45, 0.9, 0.87)});
}

TEST(Verdict, IsRightForEachPlantedCase) {
  for (const VerdictCase& c : testing::planted_cases()) {
    const std::string verdict = c.run(/*seed=*/0).verdict();
    EXPECT_EQ(word_of(verdict), c.expected) << c.name << "\n" << verdict;
    EXPECT_EQ(verdict.find('\n'), std::string::npos) << verdict;
  }
}

TEST(Verdict, OverfittingNamesTheEpochInWhichValidationLossTurned) {
  EXPECT_EQ(
      History(turned()).verdict(),
      "overfitting since epoch 3: validation loss rose from 0.9 to 1.2 while training loss fell to 0.1; accuracy "
      "0.990 in training, 0.710 in validation, a gap of 0.280 (0.251 to 0.309) that was 0.100 in that epoch; stop "
      "early, or use more or augmented data, dropout, weight decay or a smaller model");
}

TEST(Verdict, AfterEarlyStoppingItDoesNotAdviseTo) {
  HistoryData data = turned();
  data.cause = StopCause::patience;
  const std::string verdict = History(data).verdict();
  EXPECT_EQ(word_of(verdict), "overfitting");
  EXPECT_EQ(verdict.find("stop early"), std::string::npos) << verdict;
}

TEST(Verdict, ASmallGapIsNoOverfitting) {
  EXPECT_EQ(History(settled()).verdict(),
            "fitting: accuracy 0.900 in training, 0.870 in validation; validation loss still falls: train longer");
}

TEST(Verdict, OnceValidationHasSettledASmallerGapIsOverfitting) {
  HistoryData data = ten_classes({classified(1.0, 1.1, 0.6, 0.58), classified(0.5, 0.9, 0.8, 0.65),
                                  classified(0.3, 0.8, 0.9, 0.7), classified(0.2, 0.7, 0.94, 0.75),
                                  classified(0.15, 0.62, 0.96, 0.79), classified(0.1, 0.55, 0.98, 0.83)});
  EXPECT_EQ(History(data).verdict(),
            "fitting: accuracy 0.980 in training, 0.830 in validation, a gap of 0.150 (0.126 to 0.176); validation "
            "loss still falls: train longer, and if the gap remains, use more or augmented data, dropout, weight decay "
            "or a smaller model");
  for (std::size_t i = 2; i < 6; ++i) data.epochs[i].validation_loss = 0.55;
  EXPECT_EQ(word_of(History(data).verdict()), "overfitting");
}

/// Ten epochs that approach these accuracies, validation without a turn.
HistoryData towards(double training, double validation, std::int64_t samples) {
  std::vector<EpochRecord> epochs;
  for (double left = 0.5; epochs.size() < 10; left *= 0.7) {
    const double t = training - 0.8 * left, v = validation - 0.5 * left;
    epochs.push_back(classified(3 * (1 - t), 3 * (1 - v), t, v));
  }
  HistoryData data = ten_classes(epochs);
  data.train_eval_samples = data.validation_samples = samples;
  return data;
}

TEST(Verdict, AGapThatWillNotCloseIsOverfittingWhileValidationLossFalls) {
  EXPECT_EQ(History(towards(0.98, 0.78, 5000)).verdict(),
            "overfitting since epoch 4: accuracy 0.960 in training, 0.768 in validation (means of the last 2 epochs), "
            "a gap of 0.193 (0.180 to 0.206) that was 0.149 in that epoch; validation loss still falls, but too slowly "
            "to close the gap; use more or augmented data, dropout, weight decay or a smaller model");
}

TEST(Verdict, AGapOfAUsualRunIsNoOverfitting) {
  for (const auto& [training, validation] : {std::pair{0.93, 0.89}, {0.96, 0.93}, {0.995, 0.93}, {0.90, 0.90}}) {
    for (const std::int64_t samples : {500, 5000, 100000}) {
      EXPECT_EQ(word_of(History(towards(training, validation, samples)).verdict()), "fitting")
          << training << " " << validation << " " << samples;
    }
  }
}

TEST(Verdict, FewSamplesShowNoGap) {
  EXPECT_EQ(word_of(History(towards(0.98, 0.78, 30)).verdict()), "undecided");
  EXPECT_EQ(word_of(History(towards(0.98, 0.78, 200)).verdict()), "overfitting");
}

TEST(Verdict, AnInsignificantGapIsUndecidedOrNothing) {
  HistoryData data = settled();
  data.train_eval_samples = data.validation_samples = 12;
  EXPECT_EQ(History(data).verdict(),
            "undecided: accuracy 0.900 in training, 0.870 in validation; 12 and 12 samples are too few to tell these "
            "apart: use more data");
}

TEST(Verdict, AVaryingLossThatEndsHigherIsNoTurn) {
  HistoryData data = settled();
  const double noise[] = {1.1, 0.5, 0.8, 0.45, 0.75, 0.5};
  for (std::size_t i = 0; i < 6; ++i) data.epochs[i].validation_loss = noise[i];
  EXPECT_EQ(word_of(History(data).verdict()), "fitting");
}

TEST(Verdict, ChanceIsTheShareOfTheMostFrequentClass) {
  HistoryData data = settled();
  EXPECT_EQ(word_of(History(data).verdict()), "fitting");
  data.majority_share = 0.88;  // then an accuracy of 0.9 is nothing
  EXPECT_EQ(word_of(History(data).verdict()), "underfitting");
}

TEST(Verdict, OneClassTellsNothing) {
  HistoryData data = settled();
  data.majority_share = 1;
  EXPECT_EQ(History(data).verdict(),
            "undecided: all validation targets are of one class; validate on samples of every class");
}

TEST(Verdict, ATrainingLossThatRisesHasDiverged) {
  HistoryData data =
      ten_classes({classified(9, 9, 0.1, 0.1), classified(30, 30, 0.1, 0.1), classified(12, 12, 0.1, 0.1)});
  EXPECT_EQ(History(data).verdict(),
            "diverged: the training loss rose from 2.3 to 30 in epoch 2 and ended at 12; lower the learning rate "
            "tenfold, or limit the gradients by clip_grad_norm");
}

TEST(Verdict, AnExplosionWithoutRecoveryHasDiverged) {
  HistoryData data = ten_classes({classified(2.4, 2.4, 0.1, 0.1), classified(2.31, 2.31, 0.1, 0.1),
                                  classified(2.3, 2.3, 0.1, 0.1), classified(2.3, 2.3, 0.1, 0.1)});
  EXPECT_EQ(word_of(History(data).verdict()), "underfitting");
  data.epochs[0].train_loss = 30;  // in training mode, before the epoch's end
  EXPECT_EQ(word_of(History(data).verdict()), "diverged");
}

TEST(Verdict, ALossFarAboveItsFirstHasDivergedWhateverTheAccuracy) {
  EXPECT_EQ(word_of(History(ten_classes({classified(9, 9, 0.9, 0.9), classified(9, 9, 0.9, 0.9),
                                         classified(8, 8, 0.9, 0.9), classified(9, 9, 0.9, 0.9)}))
                        .verdict()),
            "diverged");
}

TEST(Verdict, ALossThatIsNotFiniteHasDiverged) {
  HistoryData data;
  data.cause = StopCause::not_finite;
  EXPECT_EQ(
      History(data).verdict(),
      "diverged: the loss was not finite in the first epoch; look for NaN in the data, then lower the learning rate "
      "tenfold, or limit the gradients by clip_grad_norm");
}

TEST(Verdict, WithoutEpochsOrValidationNothingIsKnown) {
  EXPECT_EQ(History().verdict(), "undecided: 0 epochs show no trend; train for at least 3");
  HistoryData data = settled();
  for (EpochRecord& r : data.epochs) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    r.validation_loss = r.validation_accuracy = r.train_eval_loss = r.train_eval_accuracy = nan;
  }
  data.validation_samples = data.train_eval_samples = 0;
  EXPECT_EQ(History(data).verdict(),
            "undecided: accuracy 0.900 in training; overfitting shows on validation data only: pass some to fit()");
  for (EpochRecord& r : data.epochs) r.train_accuracy = 0.2;
  EXPECT_EQ(word_of(History(data).verdict()), "underfitting");
}

/// Losses alone, of a criterion that has neither classes nor the targets' shape.
HistoryData of_losses_alone(const std::vector<double>& training, const std::vector<double>& validation) {
  HistoryData data;
  for (std::size_t i = 0; i < training.size(); ++i) {
    data.epochs.push_back(classified(training[i], validation[i], std::numeric_limits<double>::quiet_NaN(),
                                     std::numeric_limits<double>::quiet_NaN()));
  }
  data.training_samples = data.validation_samples = data.train_eval_samples = 1000;
  data.first_loss = 1;
  return data;
}

TEST(Verdict, LossesAloneAreMeasuredByTheFirst) {
  EXPECT_EQ(word_of(History(of_losses_alone({.5, .3, .25, .24, .23, .23}, {.5, .32, .27, .26, .25, .25})).verdict()),
            "fitting");
  EXPECT_EQ(word_of(History(of_losses_alone({.9, .82, .81, .8, .8, .8}, {.9, .83, .82, .81, .81, .81})).verdict()),
            "underfitting");
  EXPECT_EQ(word_of(History(of_losses_alone({.5, .3, .2, .1, .05, .02}, {.5, .4, .4, .45, .5, .6})).verdict()),
            "overfitting");
  EXPECT_EQ(word_of(History(of_losses_alone({1.5, 2, 2.5, 3, 4, 5}, {1.5, 2, 2.5, 3, 4, 5})).verdict()), "diverged");
  EXPECT_EQ(word_of(History(of_losses_alone({.95, .9, .85}, {.95, .9, .85})).verdict()), "undecided");
}

TEST(Verdict, ValuesThatAreNotFiniteAreNoTrend) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {inf, nan}) {
    for (std::size_t i = 0; i < 6; ++i) {
      HistoryData data = settled();
      data.epochs[i].validation_loss = bad;
      const std::string word = word_of(History(data).verdict());
      EXPECT_TRUE(word == "fitting" || word == "undecided") << word << " for " << bad << " in epoch " << i + 1;
    }
  }
}

}  // namespace
}  // namespace xtape::train
