// How fit() ended and where it goes on, as numbers: whose weights the model has, and the place of a resumed run.
#include <limits>

#include "support/files.hpp"
#include "support/misuse.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::SmallTraining;
using testing::TempDir;

struct Places {
  void on_fit_begin(const FitBegin& e) { begin = e; }
  FitBegin begin;
};

/// One that stop() ends in epoch 2, after its second batch of five.
History stopped(SmallTraining& t) {
  t.trainer->on_batch_end([&t](const BatchRecord& r) {
    if (r.epoch == 2 && r.batch == 2) t.trainer->stop();
  });
  return t.fit();
}

TEST(WeightsAtTheEnd, AreThoseOfTheLastEpoch) {
  SmallTraining t({.epochs = 3});
  const History history = t.fit();
  EXPECT_EQ(history.weights_epoch(), 3);
  EXPECT_EQ(history.data().weights_steps, 15);
  EXPECT_EQ(history.data().stop_event, "epoch 3 was the last");
}

TEST(WeightsAtTheEnd, AreThoseOfTheBestEpochWithEarlyStopping) {
  SmallTraining t({.epochs = 4, .early_stopping = {.patience = 3, .min_delta = 100}});
  const History history = t.fit();
  EXPECT_EQ(history.weights_epoch(), 1);
  EXPECT_EQ(history.data().weights_steps, 5);
  EXPECT_EQ(history.data().stop_event, "validation loss has not improved in 3 epochs");
}

TEST(WeightsAtTheEnd, AreOfNoEpochAfterAStopWithinOne) {
  SmallTraining t({.epochs = 3});
  const History history = stopped(t);
  EXPECT_EQ(history.weights_epoch(), 0);
  EXPECT_EQ(history.data().weights_steps, 7);
}

TEST(WeightsAtTheEnd, AreOfNoStepWithoutAnEpoch) {
  SmallTraining t({.epochs = 0});
  const History history = t.fit();
  EXPECT_EQ(history.weights_epoch(), 0);
  EXPECT_EQ(history.data().weights_steps, 0);
}

TEST(WeightsAtTheEnd, AreThoseOfTheBestEpochAfterALossThatIsNotFinite) {
  SmallTraining t({.epochs = 3});
  t.trainer->transform([n = 0](data::Batch b, Generator&) mutable {
    if (++n == 8) b.x = b.x * std::numeric_limits<float>::quiet_NaN();
    return b;
  });
  const History history = t.fit();
  EXPECT_EQ(history.stop_cause(), StopCause::not_finite);
  EXPECT_EQ(history.weights_epoch(), 1);
  EXPECT_EQ(history.data().weights_steps, 5);
  EXPECT_EQ(history.data().stop_event.find("; the weights"), std::string::npos) << history.data().stop_event;
}

TEST(WeightsAtTheEnd, AreInTheCheckpoint) {
  const TempDir dir;
  SmallTraining t(
      {.epochs = 4, .early_stopping = {.patience = 3, .min_delta = 100}, .checkpoint = {.path = dir / "c"}});
  const HistoryData made = t.fit().data(), loaded = load_history(dir / "c").data();
  EXPECT_EQ(loaded.weights_epoch, made.weights_epoch);
  EXPECT_EQ(loaded.weights_steps, made.weights_steps);
  EXPECT_EQ(loaded.stop_event, made.stop_event);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(loaded.epochs[i].is_best, i == 0);
}

TEST(BestSoFar, IsTheEpochWithoutABetterOneBeforeIt) {
  SmallTraining t({.epochs = 6});
  std::vector<bool> told;
  t.trainer->on_epoch_end([&told](const EpochRecord& r) { told.push_back(r.is_best); });
  const History history = t.fit();
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool is_best = history[i].validation_loss < lowest;
    lowest = std::min(lowest, history[i].validation_loss);
    EXPECT_EQ(history[i].is_best, is_best) << i;
    EXPECT_EQ(told[i], is_best) << i;
  }
}

TEST(FitBegin, TellsWhereAResumedRunGoesOn) {
  const TempDir dir;
  SmallTraining first({.epochs = 3, .checkpoint = {.path = dir / "c"}});
  stopped(first);
  SmallTraining second({.epochs = 3});
  Places places;
  second.trainer->sink(places);
  second.trainer->resume(dir / "c");
  second.fit();
  EXPECT_EQ(places.begin.first_epoch, 2);
  EXPECT_EQ(places.begin.first_batch, 3);
  EXPECT_EQ(places.begin.steps, 7);
}

TEST(FitBegin, OfANewRunIsTheFirstBatch) {
  SmallTraining t({.epochs = 1});
  Places places;
  t.trainer->sink(places);
  t.fit();
  EXPECT_EQ(places.begin.first_epoch, 1);
  EXPECT_EQ(places.begin.first_batch, 1);
  EXPECT_EQ(places.begin.steps, 0);
}

TEST(Verdict, SpeaksInTheWordsOfTheProgram) {
  HistoryData d;
  d.cause = StopCause::not_finite;
  const VerdictWords words{.tame = "TAME", .validate = "VALIDATE"};
  EXPECT_EQ(History(d).verdict(words),
            "diverged: the loss was not finite in the first epoch; look for NaN in the data, then TAME");
  d = {.training_samples = 100, .first_loss = 2};
  for (const double loss : {1.0, 0.1, 0.05}) d.epochs.push_back({.train_loss = loss});
  EXPECT_TRUE(History(d).verdict(words).ends_with("overfitting shows on validation data only: VALIDATE"))
      << History(d).verdict(words);
  EXPECT_TRUE(History(d).verdict().ends_with("overfitting shows on validation data only: pass some to fit()"));
}

// ---- what an evaluation keeps --------------------------------------------------------------------------------------

struct Constant : nn::Module {
  Tensor forward(const Tensor& x) const { return cat({zeros({x.size(0), 1}), ones({x.size(0), 1})}, 1); }
};

TEST(Mistakes, AreNumberedAsInTheWholeDataset) {
  const data::Dataset whole = data::TensorDataset(zeros({10, 1}), zeros({10}, {.dtype = int64}));
  const data::Subset odd(whole, {1, 3, 5, 7, 9});
  const data::TransformedDataset of_subset(data::Subset(odd, {4, 0}), data::Normalize({0}, {1}));
  const auto indices = [](const train::DataSource& source) {
    std::vector<std::int64_t> all;
    for (const Mistake& m : evaluate(Constant(), nn::CrossEntropyLoss(), source).worst_mistakes())
      all.push_back(m.index);
    return all;
  };
  EXPECT_EQ(indices(data::Subset(odd, {4, 0})), (std::vector<std::int64_t>{9, 1}));
  EXPECT_EQ(indices(data::DataLoader(odd, {.batch_size = 2})), (std::vector<std::int64_t>{1, 3, 5, 7, 9}));
  EXPECT_EQ(indices(data::DataLoader(odd, {.batch_size = 5, .shuffle = true})), std::vector<std::int64_t>(5, -1));
  EXPECT_EQ(data::Dataset(of_subset).index_in_whole(0), 9);
  testing::expect_errors({{"IndexError: Subset: sample 2 is outside [0, 2)",
                           [of_subset] { data::Dataset(of_subset).index_in_whole(2); }}});
}

struct Identity : nn::Module {
  Tensor forward(const Tensor& x) const { return x; }
};

TEST(Predictions, OfARegressionStandBesideTheirTargets) {
  const Tensor x = tensor(std::vector<float>{1, 2, 3, 4}, {2, 2});
  const Evaluation e = evaluate(Identity(), nn::MSELoss(), data::TensorDataset(x, x + 1));
  ASSERT_EQ(e.predictions().size(), 4u);
  EXPECT_EQ(e.predictions()[3].target, 5);
  EXPECT_EQ(e.predictions()[3].predicted, 4);
}

TEST(Predictions, AreAtMost500AndDoNotDependOnTheBatches) {
  const Tensor x = arange(2003).to(float32).reshape({2003, 1});
  const auto targets = [&x](std::int64_t batch_size) {
    std::vector<double> all;
    const Evaluation e = evaluate(Identity(), nn::MSELoss(), data::TensorDataset(x, x), {.batch_size = batch_size});
    for (const Prediction& p : e.predictions()) all.push_back(p.target);
    return all;
  };
  const std::vector<double> kept = targets(2003);
  EXPECT_EQ(kept, targets(7));
  EXPECT_EQ(kept.size(), 251u);
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i], 8.0 * static_cast<double>(i));
}

TEST(Predictions, OfAClassificationAreNone) {
  const data::TensorDataset data(zeros({4, 1}), zeros({4}, {.dtype = int64}));
  EXPECT_TRUE(evaluate(Constant(), nn::CrossEntropyLoss(), data).predictions().empty());
}

}  // namespace
}  // namespace xtape::train
