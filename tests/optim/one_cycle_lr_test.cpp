#include "support/expect.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;
using testing::expect_close;
using testing::expect_error;
using testing::leaf;

TEST(OneCycleLR, RisesAndFallsOnce) {
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = 7});
  OneCycleLR scheduler(optimizer, {.max_lr = 1,
                                   .total_steps = 5,
                                   .pct_start = .6,
                                   .anneal_strategy = AnnealStrategy::linear,
                                   .base_momentum = .8,
                                   .max_momentum = .9,
                                   .div_factor = 4,
                                   .final_div_factor = 10});
  std::vector<double> lrs, momenta;
  for (int t = 0; t < 5; ++t) {
    if (t) scheduler.step();
    lrs.push_back(optimizer.param_groups()[0].options.lr);
    momenta.push_back(optimizer.param_groups()[0].options.momentum);
  }
  expect_close(tensor(lrs), {.25, .625, 1, .5125, .025}, 1e-15);
  expect_close(tensor(momenta), {.9, .85, .8, .85, .9}, 1e-15);
}

TEST(OneCycleLR, CyclesBetasOfAdam) {
  optim::AdamW optimizer({leaf({1}, {1})});
  OneCycleLR scheduler(optimizer, {.max_lr = 1, .total_steps = 10});
  EXPECT_EQ(optimizer.param_groups()[0].options.betas, (std::array<double, 2>{.95, .999}));
}

TEST(OneCycleLR, LeavesTheMomentumAloneWithoutCycleMomentum) {
  optim::SGD optimizer({leaf({1}, {1})}, {.momentum = .5});
  OneCycleLR scheduler(optimizer, {.max_lr = 1, .total_steps = 10, .cycle_momentum = false});
  scheduler.step();
  EXPECT_EQ(optimizer.param_groups()[0].options.momentum, .5);
}

TEST(OneCycleLR, EndsAfterTotalSteps) {
  optim::SGD optimizer({leaf({1}, {1})});
  OneCycleLR scheduler(optimizer, {.max_lr = 1, .epochs = 2, .steps_per_epoch = 5});
  for (int t = 0; t < 10; ++t) scheduler.step();
  const double last = optimizer.param_groups()[0].options.lr;
  for (int again = 0; again < 2; ++again) {
    expect_error<ValueError>([&] { scheduler.step(); }, "OneCycleLR: step 11 is beyond total_steps = 10");
  }
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, last);
}

TEST(OneCycleLR, RefusesOptionsOutsideTheirRange) {
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = 7});
  auto make = [&optimizer](const OneCycleLROptions& o) {
    return [&optimizer, o] { OneCycleLR scheduler(optimizer, o); };
  };
  expect_error<ValueError>(make({}), "OneCycleLR: give total_steps, or epochs and steps_per_epoch");
  expect_error<ValueError>(make({.total_steps = 5}), "max_lr must be given");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = -5}), "total_steps = -5");
  expect_error<ValueError>(make({.max_lr = 1, .epochs = 5}), "steps_per_epoch = 0");
  expect_error<ValueError>(make({.max_lr = 1, .epochs = -1, .steps_per_epoch = 4}), "epochs = -1");
  expect_error<ValueError>(make({.max_lr = 1, .epochs = INT64_MAX, .steps_per_epoch = 4}), "too large");
  expect_error<ValueError>(make({.max_lr = {1, 2}, .total_steps = 5}), "max_lr has 2 values, the optimizer 1 groups");
  expect_error<ValueError>(make({.max_lr = -1, .total_steps = 5}), "max_lr = -1");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .pct_start = 1.5}), "pct_start = 1.5 is outside");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .pct_start = NAN}), "pct_start = nan");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 10, .pct_start = .1}), "pct_start = 0.1", "phase 0",
                           "no length");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .base_momentum = -1}), "base_momentum = -1");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .max_momentum = {.9, .9}}), "max_momentum has 2");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .div_factor = 0}), "div_factor = 0");
  expect_error<ValueError>(make({.max_lr = 1, .total_steps = 5, .final_div_factor = NAN}), "final_div_factor = nan");
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, 7);
}

}  // namespace
}  // namespace xtape
