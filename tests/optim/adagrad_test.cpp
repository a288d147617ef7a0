#include "support/expect.hpp"
#include "support/table_row.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;

std::vector<double> adagrad_row(const optim::AdagradOptions& options, const std::vector<double>& gradients) {
  return testing::table_row(options, gradients);
}

TEST(Adagrad, DividesByTheRootOfTheSumOfSquares) {
  expect_close(tensor(adagrad_row({.lr = .1}, {.1, .2, -.3})), {0.9, 0.810557281, 0.890735654}, 5e-10);
}

TEST(Adagrad, DecaysLrFromTheSecondStepOn) {
  expect_close(tensor(adagrad_row({.lr = .1, .lr_decay = .5, .weight_decay = .01}, {.1, .2, -.3})),
               {0.9, 0.841005452, 0.879859157}, 5e-10);
}

TEST(Adagrad, CountsEachParametersOwnSteps) {
  Tensor early = leaf({0}, {1}), late = leaf({0}, {1});
  optim::Adagrad optimizer({early, late}, {.lr = 1, .lr_decay = 1});
  early.set_grad(ones_like(early));
  for (int i = 0; i < 9; ++i) optimizer.step();
  late.set_grad(ones_like(late));
  optimizer.step();
  expect_close(late, {-1}, 1e-9);
}

TEST(Adagrad, TakesPyTorchsDefaults) {
  const optim::AdagradOptions o;
  EXPECT_EQ(o.lr, 1e-2);
  EXPECT_EQ(o.eps, 1e-10);
  EXPECT_EQ(o.lr_decay + o.weight_decay + o.initial_accumulator_value, 0);
  EXPECT_FALSE(o.maximize);
}

TEST(Adagrad, TheSumStartsAtTheInitialValueOfItsGroup) {
  Tensor a = leaf({0}, {1}), b = leaf({0}, {1});
  optim::Adagrad optimizer({{{a}, {.lr = 1, .initial_accumulator_value = 15, .eps = 0}},
                            {{b}, {.lr = 1, .initial_accumulator_value = 3, .eps = 0}}});
  a.set_grad(ones_like(a));
  b.set_grad(ones_like(b));
  optimizer.step();
  expect_close(a, {-.25});
  expect_close(b, {-.5});
  Tensor c = leaf({0}, {1});
  optimizer.add_param_group({{c}, {.lr = 1, .initial_accumulator_value = 63, .eps = 0}});
  c.set_grad(ones_like(c));
  optimizer.step();
  expect_close(c, {-.125});
}

TEST(Adagrad, EpsIsAddedAfterTheRoot) { expect_close(tensor(adagrad_row({.lr = .1, .eps = 1}, {3})), {.925}, 1e-15); }

TEST(Adagrad, MaximizeMirrorsTheGradientAndStillDecays) {
  expect_close(tensor(adagrad_row({.lr = .1, .maximize = true}, {.1, .2, -.3})),
               adagrad_row({.lr = .1}, {-.1, -.2, .3}));
  expect_close(tensor(adagrad_row({.lr = .1, .weight_decay = 3, .eps = 1, .maximize = true}, {2})), {.95}, 1e-15);
}

TEST(Adagrad, AZeroGradientMovesNothing) { expect_close(tensor(adagrad_row({.lr = .1}, {0, 0})), {1, 1}); }

TEST(Adagrad, OneNanTouchesNoOtherElement) {  // SEMANTICS [25]
  Tensor p = leaf({1, 1, 1}, {3});
  optim::Adagrad optimizer({p}, {.lr = .1});
  p.set_grad(tensor({1., std::nan(""), 1.}, {.dtype = float64}));
  optimizer.step();
  expect_close(p, {.9, NAN, .9}, 1e-9);
}

TEST(Adagrad, ItsStateExistsBeforeTheFirstStep) {  // as PyTorch's
  Tensor p = tensor({1.f, 2.f}, {.requires_grad = true});
  optim::Adagrad optimizer({p}, {.initial_accumulator_value = .5});
  const StateDict state = optimizer.state_dict();
  EXPECT_EQ(state["state.0.step"].item<int>(), 0);
  EXPECT_TRUE(equal(state["state.0.sum"], tensor({.5f, .5f})));
}

TEST(Adagrad, AStateFromBeforeTheFirstStepKeepsItsSum) {
  Tensor p = leaf({0}, {1}), q = leaf({0}, {1});
  const optim::Adagrad from({p}, {.lr = 1, .initial_accumulator_value = 15, .eps = 0});
  optim::Adagrad to({q});
  to.load_state_dict(from.state_dict());
  to.param_groups()[0].options.initial_accumulator_value = 0;
  q.set_grad(ones_like(q));
  to.step();
  expect_close(q, {-.25});
}

TEST(Adagrad, RefusesOptionsOutsideTheirRange) {  // SEMANTICS [25]
  Tensor p = leaf({1}, {1});
  auto make = [&p](const optim::AdagradOptions& o) { return [&p, o] { optim::Adagrad optimizer({p}, o); }; };
  expect_error<ValueError>(make({.lr = NAN}), "Adagrad: lr = nan in group 0");
  expect_error<ValueError>(make({.lr_decay = -1}), "lr_decay = -1");
  expect_error<ValueError>(make({.weight_decay = INFINITY}), "weight_decay = inf");
  expect_error<ValueError>(make({.initial_accumulator_value = -1}), "initial_accumulator_value = -1");
  expect_error<ValueError>(make({.eps = -1}), "eps = -1");
  EXPECT_NO_THROW(make({.lr = 0, .eps = 0})());
}

TEST(Adagrad, HasNoMomentumToCycle) {
  Tensor p = leaf({1}, {1});
  optim::Adagrad adagrad({p});
  optim::RMSprop rmsprop({p});
  const optim::lr_scheduler::OneCycleLROptions options{.max_lr = .1, .total_steps = 9};
  EXPECT_EQ(adagrad.scheduled()[0].momentum, nullptr);
  expect_error<ValueError>([&] { optim::lr_scheduler::OneCycleLR cycle(adagrad, options); },
                           "OneCycleLR: the Adagrad optimizer has no momentum to cycle");
  optim::lr_scheduler::OneCycleLR cycle(rmsprop, options);
  EXPECT_EQ(rmsprop.param_groups()[0].options.momentum, .95);
}

}  // namespace
}  // namespace xtape
