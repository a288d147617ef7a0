// Tests that hold for every scheduler, and those of StepLR, CosineAnnealingLR and LambdaLR.
// golden/lr_scheduler_test.cpp compares the schedules themselves with PyTorch's.
#include "support/expect.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;
using testing::expect_close;
using testing::expect_error;
using testing::leaf;

/// An SGD of two groups with lr .1 and .02.
struct TwoGroups {
  Tensor a = leaf({1}, {1}), b = leaf({1}, {1});
  optim::SGD optimizer{{{a}, {.lr = .1, .momentum = .5}}, {{b}, {.lr = .02, .momentum = .5}}};

  std::vector<double> lrs() const {
    return {optimizer.param_groups()[0].options.lr, optimizer.param_groups()[1].options.lr};
  }
};

TEST(LRScheduler, RefusesATemporaryOptimizerAndIsNotCopyable) {
  static_assert(std::is_constructible_v<StepLR, optim::SGD&, StepLROptions>);
  static_assert(!std::is_constructible_v<StepLR, optim::SGD, StepLROptions>);
  static_assert(!std::is_constructible_v<CosineAnnealingLR, optim::SGD, CosineAnnealingLROptions>);
  static_assert(!std::is_constructible_v<OneCycleLR, optim::SGD, OneCycleLROptions>);
  static_assert(!std::is_constructible_v<MultiStepLR, optim::SGD, MultiStepLROptions>);
  static_assert(!std::is_constructible_v<ExponentialLR, optim::SGD, ExponentialLROptions>);
  static_assert(!std::is_constructible_v<LinearLR, optim::SGD, LinearLROptions>);
  static_assert(!std::is_constructible_v<LambdaLR, optim::SGD, LRLambda>);
  static_assert(!std::is_constructible_v<ReduceLROnPlateau, optim::SGD, ReduceLROnPlateauOptions>);
  static_assert(!std::is_copy_constructible_v<StepLR>);
}

TEST(LRScheduler, SetsTheLrOfTheOptimizersSteps) {
  Tensor w = leaf({1}, {1});
  w.set_grad(ones_like(w));
  optim::SGD optimizer({w}, {.lr = .5});
  StepLR scheduler(optimizer, {.step_size = 1, .gamma = .5});
  optimizer.step();
  scheduler.step();
  optimizer.step();
  expect_close(w, {.25});
}

TEST(LRScheduler, ContinuesFromAnEditedLr) {
  TwoGroups g;
  StepLR scheduler(g.optimizer, {.step_size = 1, .gamma = .5});
  g.optimizer.param_groups()[0].options.lr = 8;
  scheduler.step();
  EXPECT_EQ(scheduler.get_last_lr(), (std::vector<double>{4, .01}));
  EXPECT_EQ(g.lrs(), scheduler.get_last_lr());
}

TEST(LRScheduler, TheFirstOneFixesTheInitialLr) {
  TwoGroups g;
  LambdaLR warmup(g.optimizer, [](std::int64_t epoch) { return static_cast<double>(epoch); });
  EXPECT_EQ(g.lrs(), (std::vector<double>{0, 0}));
  LambdaLR constant(g.optimizer, [](std::int64_t) { return 1.; });
  EXPECT_EQ(g.lrs(), (std::vector<double>{.1, .02}));
  EXPECT_EQ(g.optimizer.state_dict()["param_groups.1.initial_lr"].item<double>(), .02);
}

TEST(LRScheduler, TheInitialLrIsPartOfTheOptimizersState) {
  TwoGroups g, fresh;
  StepLR scheduler(g.optimizer, {.step_size = 1, .gamma = .5});
  scheduler.step();
  fresh.optimizer.load_state_dict(g.optimizer.state_dict());
  LambdaLR other(fresh.optimizer, [](std::int64_t) { return 1.; });
  EXPECT_EQ(fresh.lrs(), (std::vector<double>{.1, .02}));
}

/// Schedulers and optimizer that are saved and restored after `until` of 12 steps end like uninterrupted ones, bit for
/// bit.
template <class Make>
void expect_continues(Make make, int until) {
  SCOPED_TRACE(until);
  TwoGroups whole, part, restored;
  auto run = [](TwoGroups& g, auto& scheduler, int from, int to) {
    for (int t = from; t < to; ++t) {
      g.a.set_grad(full({1}, std::sin(1. + t), {.dtype = float64}));
      g.b.set_grad(g.a.grad());
      g.optimizer.step();
      if constexpr (requires { scheduler->step(1.); }) {
        scheduler->step(t % 5 == 0 ? 1. / (1 + t) : 1.);
      } else {
        scheduler->step();
      }
    }
  };
  auto one = make(whole.optimizer), two = make(part.optimizer);
  run(whole, one, 0, 12);
  run(part, two, 0, until);
  auto three = make(restored.optimizer);
  restored.optimizer.load_state_dict(part.optimizer.state_dict());
  three->load_state_dict(two->state_dict());
  without_grad([&] {
    restored.a.copy_(part.a);
    restored.b.copy_(part.b);
    return 0;
  });
  EXPECT_EQ(three->get_last_lr(), two->get_last_lr());
  run(restored, three, until, 12);
  EXPECT_TRUE(equal(whole.a, restored.a) && equal(whole.b, restored.b));
  EXPECT_EQ(one->get_last_lr(), three->get_last_lr());
  const StateDict expected = one->state_dict(), found = three->state_dict();
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, value] : expected) EXPECT_TRUE(equal(found[name], value)) << name;
}

TEST(LRScheduler, ContinuesBitForBit) {  // SEMANTICS [26]
  for (int until : {0, 1, 5, 11}) {
    expect_continues([](auto& o) { return std::make_unique<StepLR>(o, StepLROptions{.step_size = 3}); }, until);
    expect_continues(
        [](auto& o) {
          return std::make_unique<MultiStepLR>(o, MultiStepLROptions{.milestones = {2, 7, 7}});
        },
        until);
    expect_continues([](auto& o) { return std::make_unique<ExponentialLR>(o, ExponentialLROptions{.gamma = .9}); },
                     until);
    expect_continues([](auto& o) { return std::make_unique<LinearLR>(o, LinearLROptions{.total_iters = 7}); }, until);
    expect_continues(
        [](auto& o) {
          return std::make_unique<CosineAnnealingLR>(o, CosineAnnealingLROptions{4, .001});
        },
        until);
    expect_continues(
        [](auto& o) { return std::make_unique<LambdaLR>(o, [](std::int64_t t) { return std::pow(.9, t); }); }, until);
    expect_continues(
        [](auto& o) {
          return std::make_unique<OneCycleLR>(o,
                                              OneCycleLROptions{.max_lr = {.5, .1}, .epochs = 3, .steps_per_epoch = 5});
        },
        until);
    expect_continues(
        [](auto& o) {
          return std::make_unique<ReduceLROnPlateau>(o, ReduceLROnPlateauOptions{.patience = 1, .cooldown = 1});
        },
        until);
  }
}

TEST(LRScheduler, TheStateIncludesTheOptions) {
  TwoGroups from, to;
  StepLR one(from.optimizer, {.step_size = 2, .gamma = .25}), two(to.optimizer, {.step_size = 5, .gamma = .5});
  one.step();
  two.load_state_dict(one.state_dict());
  two.step();
  EXPECT_EQ(two.get_last_lr(), (std::vector<double>{.025, .005}));
}

TEST(LRScheduler, ItsStateHasPyTorchsNames) {
  TwoGroups g;
  StepLR scheduler(g.optimizer, {.step_size = 2});
  std::string names;
  for (const auto& [name, value] : scheduler.state_dict()) names += name + " ";
  EXPECT_EQ(names, "last_epoch base_lrs _last_lr step_size gamma ");
}

StateDict with(StateDict dict, const std::string& name, const Tensor& value) {
  dict.set(name, value);
  return dict;
}

TEST(LRScheduler, AStateThatDoesNotFitChangesNothing) {
  TwoGroups g, h;
  StepLR scheduler(g.optimizer, {.step_size = 2});
  CosineAnnealingLR cosine(h.optimizer, {.T_max = 5});
  const StateDict good = scheduler.state_dict();
  auto refuses = [&scheduler](const StateDict& dict, const auto&... parts) {
    expect_error<ValueError>([&] { scheduler.load_state_dict(dict); }, parts...);
  };
  scheduler.step();
  refuses(StateDict(), "load_state_dict", "no entry \"last_epoch\"", "StepLR");
  refuses(cosine.state_dict(), "no entry \"step_size\"", "StepLR");
  refuses(with(good, "last_epoch", tensor(-1)), "\"last_epoch\" = -1");
  refuses(with(good, "step_size", tensor(0)), "step_size = 0");
  refuses(with(good, "more", tensor(0)), "\"more\" does not belong to the state of StepLR");
  refuses(with(good, "base_lrs", tensor({1., 2., 3.})), "3 groups", "has 2");
  expect_error<ShapeError>([&] { scheduler.load_state_dict(with(good, "gamma", zeros({2}))); }, "\"gamma\"");
  EXPECT_EQ(scheduler.state_dict()["last_epoch"].item<int>(), 1);
  ReduceLROnPlateau plateau(g.optimizer);
  const StateDict state = plateau.state_dict();
  expect_error<ValueError>([&] { plateau.load_state_dict(with(state, "mode", tensor(7))); }, "\"mode\" = 7", "0 or 1");
  expect_error<ValueError>([&] { plateau.load_state_dict(with(state, "min_lr", tensor({1., 2., 3.}))); }, "3 values");
}

TEST(LRScheduler, AGroupAddedLaterIsRefusedWhereItNeedsItsOwnFunction) {
  TwoGroups g;
  StepLR step(g.optimizer, {.step_size = 1, .gamma = .5});
  LambdaLR lambda(g.optimizer, [](std::int64_t) { return 1.; });
  g.optimizer.add_param_group({{leaf({1}, {1})}, {.lr = 1}});
  step.step();  // StepLR has no option per group
  EXPECT_EQ(step.get_last_lr(), (std::vector<double>{.05, .01, .5}));
  expect_error<ValueError>([&] { lambda.step(); }, "LambdaLR: group 2 was added", "make a new scheduler");
  EXPECT_EQ(lambda.state_dict()["last_epoch"].item<int>(), 0);
}

/// Custom optimizers: Plain lacks what schedulers need, WithLr has it.
struct Plain : optim::Optimizer {
  explicit Plain(const Tensor& p) : Optimizer("Plain", {p}) {}
  void step() override {}
  StateDict state_dict() const override { return {}; }
  void load_state_dict(const StateDict&) override {}
};
struct WithLr : Plain {
  using Plain::Plain;
  std::vector<optim::Scheduled> scheduled() override { return {{.lr = &lr}}; }
  double lr = 1;
};

TEST(LRScheduler, TakesACustomOptimizerThatOverridesScheduled) {
  Plain plain(leaf({1}, {1}));
  WithLr with_lr(leaf({1}, {1}));
  expect_error<ValueError>([&] { StepLR scheduler(plain, {.step_size = 1}); }, "Plain", "override scheduled()");
  StepLR scheduler(with_lr, {.step_size = 1, .gamma = .5});
  scheduler.step();
  EXPECT_EQ(with_lr.lr, .5);
  expect_error<ValueError>([&] { OneCycleLR cycle(with_lr, {.max_lr = 1, .total_steps = 5}); },
                           "OneCycleLR: the Plain optimizer has no momentum", "cycle_momentum = false");
  EXPECT_EQ(with_lr.lr, .5);
  EXPECT_NO_THROW(OneCycleLR(with_lr, {.max_lr = 1, .total_steps = 5, .cycle_momentum = false}));
}

TEST(StepLR, RefusesOptionsOutsideTheirRange) {
  TwoGroups g;
  auto make = [&g](const StepLROptions& o) { return [&g, o] { StepLR scheduler(g.optimizer, o); }; };
  expect_error<ValueError>(make({}), "StepLR: step_size = 0; expected at least 1");
  expect_error<ValueError>(make({.step_size = -3}), "step_size = -3");
  expect_error<ValueError>(make({.step_size = 3, .gamma = -1}), "gamma = -1");
  expect_error<ValueError>(make({.step_size = 3, .gamma = NAN}), "gamma = nan");
  EXPECT_FALSE(g.optimizer.state_dict().contains("param_groups.0.initial_lr"));
}

/// The first group's lr after construction and after each of `steps` steps.
template <class Scheduler, class Options>
std::vector<double> lrs_of(const Options& options, int steps) {
  TwoGroups g;
  Scheduler scheduler(g.optimizer, options);
  std::vector<double> row = {g.lrs()[0]};
  for (int t = 0; t < steps; ++t) {
    scheduler.step();
    row.push_back(g.lrs()[0]);
  }
  return row;
}

TEST(MultiStepLR, ReducesAtItsMilestones) {
  EXPECT_EQ(lrs_of<MultiStepLR>(MultiStepLROptions{.milestones = {1, 3}, .gamma = .5}, 4),
            (std::vector<double>{.1, .05, .05, .025, .025}));
}

TEST(MultiStepLR, AMilestoneThatIsThereTwiceReducesTwiceWhateverTheOrder) {
  EXPECT_EQ(lrs_of<MultiStepLR>(MultiStepLROptions{.milestones = {2, 0, 2}, .gamma = .5}, 2),
            (std::vector<double>{.05, .05, .0125}));
}

TEST(MultiStepLR, WithoutMilestonesKeepsLr) {
  EXPECT_EQ(lrs_of<MultiStepLR>(MultiStepLROptions{}, 2), (std::vector<double>{.1, .1, .1}));
}

TEST(MultiStepLR, ItsStateHoldsTheMilestones) {
  TwoGroups g, h;
  MultiStepLR one(g.optimizer, {.milestones = {2, 5}}), two(h.optimizer, {});
  EXPECT_TRUE(equal(one.state_dict()["milestones"], tensor({2, 5})));
  const StateDict none = two.state_dict();
  two.load_state_dict(one.state_dict());
  EXPECT_TRUE(equal(two.state_dict()["milestones"], tensor({2, 5})));
  EXPECT_NO_THROW(one.load_state_dict(none));
}

TEST(ExponentialLR, MultipliesInEveryEpochButTheFirst) {
  EXPECT_EQ(lrs_of<ExponentialLR>(ExponentialLROptions{.gamma = .5}, 2), (std::vector<double>{.1, .05, .025}));
}

TEST(LinearLR, WarmsUpByDefaultWithinFiveEpochs) {
  const auto row = lrs_of<LinearLR>(LinearLROptions{}, 7);
  expect_close(tensor(row), {1. / 30, 7. / 150, .06, 11. / 150, 13. / 150, .1, .1, .1}, 1e-15);
}

TEST(LinearLR, MayEndAtZero) {
  const auto row = lrs_of<LinearLR>(LinearLROptions{.start_factor = 1, .end_factor = 0, .total_iters = 2}, 3);
  expect_close(tensor(row), {.1, .05, 0, 0}, 1e-15);
}

TEST(LinearLR, EndsAtZeroAndNotBelow) {  // optimizers refuse a negative lr
  for (const double start : {1., 1. / 3, .1}) {
    for (int total = 1; total <= 40; ++total) {
      const LinearLROptions options{.start_factor = start, .end_factor = 0, .total_iters = total};
      const double last = lrs_of<LinearLR>(options, total).back();
      EXPECT_TRUE(last >= 0 && last < 1e-15) << start << " " << total << " " << last;
    }
  }
}

TEST(CosineAnnealingLR, GoesDownAndUpAgain) {
  TwoGroups g;
  CosineAnnealingLR scheduler(g.optimizer, {.T_max = 2, .eta_min = .02});
  std::vector<double> row;
  for (int t = 0; t < 4; ++t) {
    scheduler.step();
    row.push_back(g.lrs()[0]);
  }
  expect_close(tensor(row), {.06, .02, .06, .1}, 1e-15);
}

TEST(CosineAnnealingLR, RefusesOptionsOutsideTheirRange) {
  TwoGroups g;
  auto make = [&g](const CosineAnnealingLROptions& o) {
    return [&g, o] { CosineAnnealingLR scheduler(g.optimizer, o); };
  };
  expect_error<ValueError>(make({}), "CosineAnnealingLR: T_max = 0; expected at least 1");
  expect_error<ValueError>(make({.T_max = 3, .eta_min = -1}), "eta_min = -1");
  expect_error<ValueError>(make({.T_max = 3, .eta_min = INFINITY}), "eta_min = inf");
}

TEST(LambdaLR, TakesOneFunctionOrOneForEachGroup) {
  TwoGroups g;
  auto half = [](std::int64_t) { return .5; };
  auto twice = [](std::int64_t) { return 2.; };
  LambdaLR one(g.optimizer, half);
  EXPECT_EQ(g.lrs(), (std::vector<double>{.05, .01}));
  LambdaLR each(g.optimizer, {half, twice});
  EXPECT_EQ(g.lrs(), (std::vector<double>{.05, .04}));
  LambdaLR list(g.optimizer, std::vector<LRLambda>{twice, twice});
  EXPECT_EQ(g.lrs(), (std::vector<double>{.2, .04}));
  optim::SGD single({leaf({1}, {1})}, {.lr = 1});
  LambdaLR listed(single, {half});
  EXPECT_EQ(single.param_groups()[0].options.lr, .5);
}

TEST(LambdaLR, AFunctionThatThrowsOrGivesNonsenseChangesNothing) {
  TwoGroups g;
  double factor = 1;
  LambdaLR scheduler(g.optimizer, [&factor](std::int64_t) {
    if (factor < 0) throw std::runtime_error("mine");
    return factor;
  });
  factor = -1;
  EXPECT_THROW(scheduler.step(), std::runtime_error);
  factor = NAN;
  expect_error<ValueError>([&] { scheduler.step(); }, "LambdaLR: epoch 1 would give group 0 lr = nan");
  EXPECT_EQ(g.lrs(), (std::vector<double>{.1, .02}));
  EXPECT_EQ(scheduler.state_dict()["last_epoch"].item<int>(), 0);
}

TEST(LambdaLR, RefusesAnotherNumberOfFunctions) {
  TwoGroups g;
  auto one = [](std::int64_t) { return 1.; };
  expect_error<ValueError>([&] { LambdaLR(g.optimizer, {one, one, one}); }, "LambdaLR: 3 functions for 2 groups");
  expect_error<ValueError>([&] { LambdaLR(g.optimizer, {one, LRLambda()}); }, "function 1 is empty");
}

TEST(LambdaLR, RefusesAStateOfMoreGroupsThanFunctions) {
  TwoGroups g;
  auto one = [](std::int64_t) { return 1.; };
  const StateDict two = LambdaLR(g.optimizer, one).state_dict();
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = .1});
  LambdaLR scheduler(optimizer, one);
  optimizer.add_param_group({{leaf({1}, {1})}, {.lr = .2}});
  expect_error<ValueError>([&] { scheduler.load_state_dict(two); }, "has 2 groups, this LambdaLR has 1 functions");
}

TEST(LambdaLR, AFunctionMayWriteToTheOptimizerButNotAddAGroup) {
  TwoGroups g;
  LambdaLR scheduler(g.optimizer, [&g](std::int64_t epoch) {
    for (auto& group : g.optimizer.param_groups()) group.options.momentum = .6;
    if (epoch == 2) g.optimizer.add_param_group({{leaf({1}, {1})}, {.lr = 1}});
    return 1.;
  });
  scheduler.step();
  for (const auto& group : g.optimizer.param_groups()) EXPECT_EQ(group.options.momentum, .6);
  expect_error<ValueError>([&] { scheduler.step(); }, "LambdaLR: the schedule's function changed the number of groups");
}

TEST(OneCycleLR, ResumesAfterAGroupWasAdded) {
  TwoGroups g;
  const StateDict two =
      OneCycleLR(g.optimizer, {.max_lr = {.1, .2}, .total_steps = 10, .cycle_momentum = false}).state_dict();
  optim::SGD optimizer({leaf({1}, {1})}, {.lr = .1});
  OneCycleLR scheduler(optimizer, {.max_lr = .1, .total_steps = 10, .cycle_momentum = false});
  optimizer.add_param_group({{leaf({1}, {1})}, {.lr = .2}});
  scheduler.load_state_dict(two);
  EXPECT_NO_THROW(scheduler.step());
}

}  // namespace
}  // namespace xtape
