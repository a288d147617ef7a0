// Trainer::history(): what callbacks and sinks see of a run that goes on, and what is left of one that did not end.
#include <stdexcept>

#include "support/bits.hpp"
#include "support/files.hpp"
#include "train/small_training.hpp"

namespace xtape::train {
namespace {

using testing::expect_error;
using testing::expect_same_bits;
using testing::SmallTraining;
using testing::TempDir;
using testing::three_classes;

TEST(RunningHistory, IsEmptyBeforeTheFirstFit) {
  const SmallTraining t({.epochs = 2});
  EXPECT_TRUE(t.trainer->history().empty());
  EXPECT_EQ(t.trainer->history().stop_reason(), "");
}

TEST(RunningHistory, HasTheEpochThatCallbacksAndSinksAreTold) {
  struct Sink {
    void on_epoch_end(const EpochRecord& r) {
      sizes.push_back(trainer.history().size() - static_cast<std::size_t>(r.epoch));
    }
    void on_batch_end(const BatchRecord& r) {
      sizes.push_back(trainer.history().size() + 1 - static_cast<std::size_t>(r.epoch));
    }
    Trainer& trainer;
    std::vector<std::size_t> sizes = {};
  };
  SmallTraining t({.epochs = 3});
  Sink sink{*t.trainer};
  t.trainer->sink(sink);
  std::string last;
  t.trainer->on_epoch_end([&t, &last](const EpochRecord&) { last = t.trainer->history().to_csv(); });
  const History history = t.fit();
  EXPECT_EQ(sink.sizes, std::vector<std::size_t>(3 * 5 + 3, 0));
  EXPECT_EQ(last, history.to_csv());
}

TEST(RunningHistory, HasNoReasonUntilTheEndIsDecided) {
  SmallTraining t({.epochs = 2});
  t.trainer->on_epoch_end([&t](const EpochRecord&) {
    const History so_far = t.trainer->history();
    EXPECT_EQ(so_far.stop_cause(), StopCause::none);
    EXPECT_EQ(so_far.stop_reason(), "");
    EXPECT_EQ(so_far.to_string(), so_far.verdict());
  });
  EXPECT_EQ(t.fit().stop_cause(), StopCause::last_epoch);
}

TEST(RunningHistory, IsWhatFitReturnedAfterwards) {
  SmallTraining t({.epochs = 2, .early_stopping = {.patience = 5}});
  struct AtTheEnd {
    void on_fit_end(const History& history) {
      EXPECT_EQ(trainer.history().to_csv(), history.to_csv());
      EXPECT_EQ(trainer.history().to_string(), history.to_string());
    }
    Trainer& trainer;
  };
  t.trainer->sink(AtTheEnd{*t.trainer});
  const History history = t.fit();
  EXPECT_EQ(t.trainer->history().to_csv(), history.to_csv());
  EXPECT_EQ(t.trainer->history().to_string(), history.to_string());
  EXPECT_EQ(t.trainer->history().data().training_samples, 50);
}

TEST(RunningHistory, BeginsWithTheEpochsOfTheRunThatIsResumed) {
  const TempDir dir;
  const TrainerOptions options{.epochs = 4, .checkpoint = {.path = dir / "last", .keep_best = false}};
  SmallTraining first(options);
  first.trainer->on_epoch_end([&first](const EpochRecord& r) {
    if (r.epoch == 2) first.trainer->stop();
  });
  const History begun = first.fit();
  SmallTraining second(options, 9);
  second.trainer->resume(dir / "last");
  std::vector<std::size_t> sizes;
  second.trainer->on_batch_end([&](const BatchRecord& r) {
    sizes.push_back(second.trainer->history().size());
    if (r.epoch == 3) {
      EXPECT_EQ(second.trainer->history().to_csv(), begun.to_csv());
    }
  });
  second.fit();
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 2, 2, 2, 3, 3, 3, 3, 3}));
}

TEST(RunningHistory, KeepsTheEpochsThatWereCompletedBeforeAnException) {
  SmallTraining t({.epochs = 4});
  bool throws = true;
  t.trainer->on_batch_end([&throws](const BatchRecord& r) {
    if (throws && r.epoch == 3) throw std::runtime_error("the disk is gone");
  });
  EXPECT_THROW(t.fit(), std::runtime_error);
  EXPECT_EQ(t.trainer->history().size(), 2u);
  EXPECT_EQ(t.trainer->history().stop_cause(), StopCause::none);
  EXPECT_EQ(t.trainer->history().stop_reason(), "exception: the disk is gone");
  throws = false;
  t.fit();
  EXPECT_EQ(t.trainer->history().size(), 4u);
}

TEST(RunningHistory, TellsOfAnExceptionThatHasNoText) {
  SmallTraining t({.epochs = 4, .early_stopping = {.monitor = "train_loss", .patience = 4}});
  t.trainer->on_epoch_end([](const EpochRecord&) { throw 1; });
  EXPECT_THROW(t.fit(), int);
  EXPECT_EQ(t.trainer->history().size(), 1u);
  EXPECT_TRUE(t.trainer->history().stop_reason().starts_with(
      "exception; the weights are those of epoch 1, with a train loss of "));
}

TEST(RunningHistory, IsThatOfTheLastRunWhereFitRefusesItsInput) {
  SmallTraining t({.epochs = 2});
  const std::string csv = t.fit().to_csv();
  expect_error<ValueError>([&t] { t.trainer->fit(three_classes(0)); }, "the training set is empty");
  EXPECT_EQ(t.trainer->history().to_csv(), csv);
}

TEST(RunningHistory, DoesNotChangeTheTraining) {
  SmallTraining asked({.epochs = 2, .ema = .9});
  asked.trainer->on_batch_end([&asked](const BatchRecord&) { asked.trainer->history(); });
  asked.fit();
  SmallTraining not_asked({.epochs = 2, .ema = .9});
  not_asked.fit();
  expect_same_bits(asked.model.state_dict(), not_asked.model.state_dict());
  expect_same_bits(asked.optimizer.state_dict(), not_asked.optimizer.state_dict());
}

}  // namespace
}  // namespace xtape::train
