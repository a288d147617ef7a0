#include "support/expect.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;
using testing::expect_error;
using testing::leaf;

/// lr after each of these metrics, from lr = 1 on.
std::vector<double> lrs(const ReduceLROnPlateauOptions& options, const std::vector<double>& metrics) {
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = 1});
  ReduceLROnPlateau scheduler(optimizer, options);
  std::vector<double> lrs;
  for (double metric : metrics) {
    scheduler.step(metric);
    lrs.push_back(scheduler.get_last_lr()[0]);
  }
  return lrs;
}

using Row = std::vector<double>;

TEST(ReduceLROnPlateau, ReducesAfterMoreThanPatienceBadEpochs) {
  EXPECT_EQ(lrs({.factor = .5, .patience = 1}, {3, 2, 2, 2, 2, 2, 1}), (Row{1, 1, 1, .5, .5, .25, .25}));
}

TEST(ReduceLROnPlateau, ModeMaxExpectsTheMetricToRise) {
  EXPECT_EQ(lrs({.mode = PlateauMode::max, .factor = .5, .patience = 0}, {1, 2, 2, 1, 3}), (Row{1, 1, .5, .25, .25}));
}

TEST(ReduceLROnPlateau, ASmallImprovementDoesNotCount) {
  const Row metrics = {4, 3.5, 2};
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .threshold = .25}, metrics), (Row{1, .5, .5}));
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .threshold = .5, .threshold_mode = ThresholdMode::abs}, metrics),
            (Row{1, .5, .5}));
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .threshold = .4, .threshold_mode = ThresholdMode::abs}, metrics),
            (Row{1, 1, 1}));
}

TEST(ReduceLROnPlateau, ANegativeMetricNeedsAnAbsoluteThreshold) {
  const Row still = {-1, -1, -1};  // PyTorch's rule: -1 is below -1 (1 - 1e-4), again and again
  EXPECT_EQ(lrs({.factor = .5, .patience = 0}, still), (Row{1, 1, 1}));
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .threshold_mode = ThresholdMode::abs}, still), (Row{1, .5, .25}));
  EXPECT_EQ(lrs({.mode = PlateauMode::max, .factor = .5, .patience = 0}, still), (Row{1, 1, 1}));
}

TEST(ReduceLROnPlateau, EpochsOfCooldownDoNotCount) {
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .cooldown = 2}, {1, 1, 1, 1, 1}), (Row{1, .5, .5, .5, .25}));
}

TEST(ReduceLROnPlateau, StopsAtMinLrAndAtEps) {
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .min_lr = .3}, {1, 1, 1, 1}), (Row{1, .5, .3, .3}));
  EXPECT_EQ(lrs({.factor = .5, .patience = 0, .eps = .3}, {1, 1, 1}), (Row{1, .5, .5}));
}

TEST(ReduceLROnPlateau, ANaNIsNotAnImprovement) {
  EXPECT_EQ(lrs({.factor = .5, .patience = 0}, {1, NAN, .5}), (Row{1, .5, .5}));
}

TEST(ReduceLROnPlateau, TakesPyTorchsDefaults) {
  const ReduceLROnPlateauOptions o;
  EXPECT_EQ(o.mode, PlateauMode::min);
  EXPECT_EQ(o.factor, .1);
  EXPECT_EQ(o.patience, 10);
  EXPECT_EQ(o.threshold, 1e-4);
  EXPECT_EQ(o.threshold_mode, ThresholdMode::rel);
  EXPECT_EQ(o.cooldown, 0);
  EXPECT_EQ(o.min_lr[0], 0);
  EXPECT_EQ(o.eps, 1e-8);
}

TEST(ReduceLROnPlateau, TakesInAGroupAddedLater) {
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = 1});
  ReduceLROnPlateau one(optimizer, {.factor = .5, .patience = 0}), listed(optimizer, {.patience = 0, .min_lr = {0}});
  optimizer.add_param_group({{leaf({1}, {1})}, {.lr = 2}});
  one.step(1);
  one.step(1);
  EXPECT_EQ(one.get_last_lr(), (Row{.5, 1}));
  listed.step(1);
  expect_error<ValueError>([&] { listed.step(1); }, "min_lr has 1 values, the optimizer 2 groups");
}

TEST(ReduceLROnPlateau, RefusesOptionsOutsideTheirRange) {
  optim::SGD optimizer({leaf({1}, {1})});
  auto make = [&optimizer](const ReduceLROnPlateauOptions& o) {
    return [&optimizer, o] { ReduceLROnPlateau scheduler(optimizer, o); };
  };
  expect_error<ValueError>(make({.factor = 1}), "ReduceLROnPlateau: factor = 1 is outside [0, 1)");
  expect_error<ValueError>(make({.factor = NAN}), "factor = nan");
  expect_error<ValueError>(make({.patience = -1}), "patience = -1");
  expect_error<ValueError>(make({.threshold = -1}), "threshold = -1");
  expect_error<ValueError>(make({.cooldown = -1}), "cooldown = -1");
  expect_error<ValueError>(make({.min_lr = -1}), "min_lr = -1");
  expect_error<ValueError>(make({.min_lr = {0, 0}}), "min_lr has 2 values, the optimizer 1 groups");
  expect_error<ValueError>(make({.eps = NAN}), "eps = nan");
}

}  // namespace
}  // namespace xtape
