#include "support/expect.hpp"
#include "support/table_row.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;

std::vector<double> sgd_row(const optim::SGDOptions& options) { return testing::table_row(options, {.1, .2, -.3}); }

void step_with(optim::Optimizer& optimizer, const Tensor& p, const Tensor& g) {
  p.set_grad(g);
  optimizer.step();
}

TEST(SGD, DampsTheMomentumButNotItsFirstValue) {
  const auto row = sgd_row({.lr = .1, .momentum = .9, .dampening = .5, .weight_decay = .01});
  expect_close(tensor(row), {.989, .9686055, .964766147}, 5e-10);
}

TEST(SGD, NesterovLooksAhead) {
  expect_close(tensor(sgd_row({.lr = .1, .momentum = .9, .nesterov = true})), {.981, .9349, .96841}, 1e-15);
}

TEST(SGD, MaximizeNegatesTheGradientBeforeTheDecay) {
  const auto row = sgd_row({.lr = .1, .weight_decay = .01, .maximize = true});
  expect_close(tensor(row), {1.009, 1.027991, .996963009}, 1e-15);
}

TEST(SGD, TakesPyTorchsDefaults) {
  const optim::SGDOptions o;
  EXPECT_EQ(o.lr, 1e-3);
  EXPECT_EQ(o.momentum + o.dampening + o.weight_decay, 0);
  EXPECT_FALSE(o.nesterov || o.maximize);
}

TEST(SGD, AZeroGradientStillDecays) {  // SEMANTICS [23]
  Tensor p = leaf({1, -2}, {2});
  optim::SGD optimizer({p}, {.lr = .1, .weight_decay = .5});
  step_with(optimizer, p, zeros_like(p));
  expect_close(p, {.95, -1.9}, 1e-15);
}

TEST(SGD, AZeroGradientStillFollowsTheMomentum) {
  Tensor p = leaf({1}, {1});
  optim::SGD optimizer({p}, {.lr = 1, .momentum = .5});
  step_with(optimizer, p, ones_like(p));
  step_with(optimizer, p, zeros_like(p));
  expect_close(p, {-.5});
}

TEST(SGD, TheSecondBufferIsDamped) {  // SEMANTICS [23]
  Tensor p = leaf({1, -2}, {2});
  optim::SGD optimizer({p}, {.lr = .1, .momentum = .9, .dampening = .5});
  step_with(optimizer, p, ones_like(p));
  expect_close(p, {.9, -2.1}, 1e-15);
  step_with(optimizer, p, ones_like(p));
  expect_close(p, {.76, -2.24}, 1e-15);
}

TEST(SGD, EachParameterStartsItsOwnBuffer) {
  Tensor early = leaf({0}, {1}), late = leaf({0}, {1});
  optim::SGD optimizer({early, late}, {.lr = 1, .momentum = .9, .dampening = .5});
  step_with(optimizer, early, ones_like(early));
  step_with(optimizer, late, ones_like(late));  // early still has its gradient: .9 + .5
  expect_close(early, {-2.4}, 1e-15);
  expect_close(late, {-1});
}

TEST(SGD, AMomentumThatFadesEndsAtZero) {  // not in denormal numbers, which are fifty times as slow
  Tensor p = tensor({1.f}, {.requires_grad = true});
  optim::SGD optimizer({p}, {.momentum = .9});
  step_with(optimizer, p, ones_like(p));
  p.set_grad(zeros_like(p));
  for (int i = 0; i < 900; ++i) optimizer.step();
  expect_close(optimizer.state_dict()["state.0.momentum_buffer"], {0});
}

TEST(SGD, OneNanTouchesNoOtherElement) {  // SEMANTICS [25]
  Tensor p = leaf({1, 1, 1}, {3});
  optim::SGD optimizer({p}, {.lr = .1, .momentum = .5, .weight_decay = .5, .nesterov = true});
  step_with(optimizer, p, tensor({0., std::nan(""), 0.}, {.dtype = float64}));
  expect_close(p, {.925, NAN, .925}, 1e-15);
}

TEST(SGD, WeightDecayOfZeroDoesNotTouchInfinity) {
  Tensor p = leaf({INFINITY}, {1});
  optim::SGD optimizer({p}, {.lr = .1});
  step_with(optimizer, p, ones_like(p));
  expect_close(p, {INFINITY});
}

TEST(SGD, RefusesOptionsOutsideTheirRange) {  // SEMANTICS [25]
  Tensor p = leaf({1}, {1});
  auto make = [&p](const optim::SGDOptions& o) { return [&p, o] { optim::SGD optimizer({p}, o); }; };
  expect_error<ValueError>(make({.lr = -1}), "SGD: lr = -1 in group 0");
  expect_error<ValueError>(make({.lr = NAN}), "lr = nan");
  expect_error<ValueError>(make({.lr = INFINITY}), "lr = inf");
  expect_error<ValueError>(make({.momentum = -.1}), "momentum = -0.1");
  expect_error<ValueError>(make({.momentum = NAN}), "momentum = nan");
  expect_error<ValueError>(make({.dampening = NAN}), "dampening = nan");
  expect_error<ValueError>(make({.weight_decay = -1}), "weight_decay = -1");
  expect_error<ValueError>(make({.weight_decay = NAN}), "weight_decay = nan");
  expect_error<ValueError>(make({.nesterov = true}), "nesterov needs momentum", "momentum = 0");
  expect_error<ValueError>(make({.momentum = .9, .dampening = .1, .nesterov = true}), "dampening = 0.1");
  EXPECT_NO_THROW(make({.lr = 0})());
}

}  // namespace
}  // namespace xtape
