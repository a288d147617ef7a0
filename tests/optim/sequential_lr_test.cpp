// SequentialLR: the order of its schedulers, its state and its errors. golden/lr_scheduler_test.cpp compares the
// schedules with PyTorch's.
#include "support/expect.hpp"

namespace xtape {
namespace {

using namespace optim::lr_scheduler;
using testing::expect_close;
using testing::expect_error;
using testing::leaf;

/// A warm-up of three epochs, then a cosine, for an SGD with lr = .1.
struct WarmUp {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer{{p}, {.lr = .1}};
  LinearLR warmup{optimizer};
  CosineAnnealingLR decay{optimizer, {.T_max = 5}};
  SequentialLR scheduler{optimizer, {.schedulers = {warmup, decay}, .milestones = {3}}};

  double lr() const { return optimizer.param_groups()[0].options.lr; }
  void steps(int n) {
    for (int i = 0; i < n; ++i) scheduler.step();
  }
};

TEST(SequentialLR, RefusesTemporaries) {
  static_assert(!std::is_constructible_v<SequentialLR, optim::SGD, SequentialLROptions>);
  static_assert(std::is_constructible_v<SchedulerReference, StepLR&>);
  static_assert(!std::is_constructible_v<SchedulerReference, StepLR>);
}

TEST(SequentialLR, EachSchedulerBeginsAtItsMilestoneFromTheInitialLr) {
  WarmUp w;
  std::vector<double> row = {w.lr()};
  for (int t = 0; t < 5; ++t) {
    w.scheduler.step();
    row.push_back(w.lr());
    EXPECT_EQ(w.scheduler.get_last_lr(), (std::vector<double>{w.lr()}));
  }
  expect_close(tensor(row), {1. / 30, 7. / 150, .06, .1, .09045084971874737, .06545084971874737}, 1e-15);
}

TEST(SequentialLR, IsMadeWithOnlyTheFirstSchedulersEffect) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = .1});
  LinearLR half(optimizer, {.start_factor = .5}), tenth(optimizer, {.start_factor = .1});
  EXPECT_NEAR(optimizer.param_groups()[0].options.lr, .005, 1e-15);  // both
  const SequentialLR scheduler(optimizer, {.schedulers = {half, tenth}, .milestones = {4}});
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, .05);
  EXPECT_EQ(scheduler.get_last_lr(), (std::vector<double>{.05}));
}

TEST(SequentialLR, DoesNotChangeTheInitialLr) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = .1, .momentum = .9});
  LinearLR warmup(optimizer);
  StepLR decay(optimizer, {.step_size = 3});
  OneCycleLR cycle(optimizer, {.max_lr = 1, .total_steps = 9});  // sets the initial lr
  SequentialLR scheduler(optimizer, {.schedulers = {warmup, decay, cycle}, .milestones = {1, 2}});
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, 1. / 25 * (1. / 3));
  for (int i = 0; i < 3; ++i) scheduler.step();
  EXPECT_EQ(optimizer.state_dict()["param_groups.0.initial_lr"].item<double>(), 1. / 25);
}

TEST(SequentialLR, AMilestoneOfZeroSkipsTheFirstScheduler) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = .1});
  LinearLR warmup(optimizer);
  ExponentialLR decay(optimizer, {.gamma = .5});
  SequentialLR scheduler(optimizer, {.schedulers = {warmup, decay}, .milestones = {0}});
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, .1);
  scheduler.step();
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, .05);
}

TEST(SequentialLR, WorksBesideOtherSchedulers) {
  WarmUp w;
  ReduceLROnPlateau plateau(w.optimizer, {.factor = .5, .patience = 0});
  w.steps(1);
  plateau.step(1);
  plateau.step(1);
  EXPECT_NEAR(w.lr(), 7. / 300, 1e-15);
}

TEST(SequentialLR, ItsStateHasPyTorchsNamesAndNumbers) {
  WarmUp w;
  w.steps(5);
  const StateDict state = w.scheduler.state_dict();
  std::string names;
  for (const auto& [name, value] : state) names += name + " ";
  EXPECT_EQ(names,
            "last_epoch _last_lr _milestones "
            "_schedulers.0.last_epoch _schedulers.0.base_lrs _schedulers.0._last_lr _schedulers.0.start_factor "
            "_schedulers.0.end_factor _schedulers.0.total_iters "
            "_schedulers.1.last_epoch _schedulers.1.base_lrs _schedulers.1._last_lr _schedulers.1.T_max "
            "_schedulers.1.eta_min ");
  EXPECT_TRUE(equal(state["_milestones"], tensor({3})));
  EXPECT_EQ(state["last_epoch"].item<int>(), 5);
  EXPECT_EQ(state["_schedulers.0.last_epoch"].item<int>(), 2);
  EXPECT_EQ(state["_schedulers.1.last_epoch"].item<int>(), 2);
  expect_close(state["_schedulers.0._last_lr"], {.06}, 1e-15);
  expect_close(state["_last_lr"], {.06545084971874737}, 1e-15);
}

TEST(SequentialLR, ContinuesBitForBit) {  // SEMANTICS [26]
  for (int until : {0, 2, 3, 4, 9}) {
    WarmUp whole, part, restored;
    whole.steps(12);
    part.steps(until);
    restored.steps(7);  // wherever it was
    restored.optimizer.load_state_dict(part.optimizer.state_dict());
    restored.scheduler.load_state_dict(part.scheduler.state_dict());
    EXPECT_EQ(restored.scheduler.get_last_lr(), part.scheduler.get_last_lr());
    restored.steps(12 - until);
    EXPECT_EQ(restored.lr(), whole.lr()) << until;
    const StateDict expected = whole.scheduler.state_dict(), found = restored.scheduler.state_dict();
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [name, value] : expected) EXPECT_TRUE(equal(found[name], value)) << name;
  }
}

TEST(SequentialLR, AStateThatDoesNotFitChangesNothing) {
  WarmUp w;
  const StateDict good = w.scheduler.state_dict();
  w.steps(4);
  const StateDict before = w.scheduler.state_dict();
  auto refuses = [&w, &good](const std::string& name, const Tensor& value, const std::string& part) {
    StateDict dict = clone(good);
    dict.set(name, value);
    expect_error<ValueError>([&] { w.scheduler.load_state_dict(dict); }, part);
  };
  refuses("last_epoch", tensor(-1), "\"last_epoch\" = -1 is outside [0, ");
  refuses("_schedulers.1.last_epoch", tensor(-2), "\"_schedulers.1.last_epoch\" = -2 is outside [-1, ");
  refuses("_schedulers.1.T_max", tensor(0), "CosineAnnealingLR: T_max = 0");
  refuses("_schedulers.1.gamma", tensor(0),
          "\"_schedulers.1.gamma\" does not belong to the state of CosineAnnealingLR");
  refuses("_schedulers.2.last_epoch", tensor(0), "\"_schedulers.2.last_epoch\" does not belong to the state of Sequ");
  refuses("_milestones", tensor({3, 5}), "2 schedulers need 1 milestones, got 2");
  expect_error<ValueError>([&] { w.scheduler.load_state_dict(StateDict()); }, "no entry \"last_epoch\"");
  StateDict partial;
  for (const auto& [name, value] : good) {
    if (name != "_schedulers.1.T_max") partial.insert(name, value);
  }
  expect_error<ValueError>([&] { w.scheduler.load_state_dict(partial); }, "no entry \"_schedulers.1.T_max\"",
                           "other than CosineAnnealingLR");
  for (const auto& [name, value] : before) EXPECT_TRUE(equal(w.scheduler.state_dict()[name], value)) << name;
}

TEST(SequentialLR, ASchedulerThatHasNotBegunIsNotAStateOfItsOwn) {
  WarmUp w;
  CosineAnnealingLR alone(w.optimizer, {.T_max = 5});
  expect_error<ValueError>([&] { alone.load_state_dict(w.decay.state_dict()); }, "\"last_epoch\" = -1");
}

TEST(SequentialLR, ARefusedListChangesNothing) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = .1}), other({p}, {.lr = .1});
  StepLR a(optimizer, {.step_size = 1}), b(optimizer, {.step_size = 1}), elsewhere(other, {.step_size = 1});
  double factor = 1;
  LambdaLR lambda(optimizer, [&factor](std::int64_t) { return factor; });
  b.step();
  const double lr = optimizer.param_groups()[0].options.lr;
  auto refuses = [&](const SequentialLROptions& o) { EXPECT_THROW(SequentialLR(optimizer, o), ValueError); };
  refuses({});
  refuses({.schedulers = {a, lambda}});
  refuses({.schedulers = {a, a}, .milestones = {3}});
  refuses({.schedulers = {a, b}, .milestones = {3}});
  refuses({.schedulers = {a, elsewhere}, .milestones = {3}});
  refuses({.schedulers = {a, lambda}, .milestones = {-1}});
  factor = NAN;
  refuses({.schedulers = {lambda, a}, .milestones = {3}});
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, lr);
  EXPECT_EQ(a.state_dict()["last_epoch"].item<int>(), 0);
}

TEST(SequentialLR, AStepThatFailsChangesNothing) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = .1});
  double factor = 1;
  StepLR first(optimizer, {.step_size = 1});
  LambdaLR second(optimizer, [&factor](std::int64_t) { return factor; });
  SequentialLR scheduler(optimizer, {.schedulers = {first, second}, .milestones = {1}});
  factor = NAN;
  expect_error<ValueError>([&] { scheduler.step(); }, "LambdaLR: epoch 0 would give group 0 lr = nan");
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, .1);
  EXPECT_EQ(scheduler.state_dict()["last_epoch"].item<int>(), 0);
  factor = .5;
  scheduler.step();
  EXPECT_EQ(optimizer.param_groups()[0].options.lr, .05);
}

}  // namespace
}  // namespace xtape
