#include "support/expect.hpp"
#include "support/table_row.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;

std::vector<double> rmsprop_row(const optim::RMSpropOptions& options, const std::vector<double>& gradients) {
  return testing::table_row(options, gradients);
}

TEST(RMSprop, DividesByTheRootOfTheMeanSquare) {
  expect_close(tensor(rmsprop_row({.lr = .1}, {.1, .2, -.3})), {9.99999e-07, -0.895321561, -0.0918172825}, 5e-10);
}

TEST(RMSprop, CenteredTakesTheMeanOffTheSquare) {
  expect_close(tensor(rmsprop_row({.lr = .1, .centered = true}, {.1, .2, -.3})),
               {-0.00503680516, -0.90848908, -0.104984343}, 5e-10);
}

TEST(RMSprop, TheMomentumHoldsScaledGradientsWithoutLr) {
  expect_close(tensor(rmsprop_row({.lr = .1, .weight_decay = .01, .momentum = .9}, {.1, .2, -.3})),
               {9.09090083e-07, -1.77723306837, -2.5628480855}, 5e-10);
}

TEST(RMSprop, TakesPyTorchsDefaults) {
  const optim::RMSpropOptions o;
  EXPECT_EQ(o.lr, 1e-2);
  EXPECT_EQ(o.alpha, .99);
  EXPECT_EQ(o.eps, 1e-8);
  EXPECT_EQ(o.weight_decay + o.momentum, 0);
  EXPECT_FALSE(o.centered || o.maximize);
}

TEST(RMSprop, EpsIsAddedAfterTheRoot) {
  expect_close(tensor(rmsprop_row({.lr = .1, .alpha = 0, .eps = 1}, {1, 3})), {.95, .875}, 1e-15);
}

TEST(RMSprop, MaximizeMirrorsTheGradientAndStillDecays) {
  expect_close(tensor(rmsprop_row({.lr = .1, .maximize = true}, {.1, .2, -.3})),
               rmsprop_row({.lr = .1}, {-.1, -.2, .3}));
  const auto decayed = rmsprop_row({.lr = .1, .alpha = 0, .eps = 1, .weight_decay = 3, .maximize = true}, {2});
  expect_close(tensor(decayed), {.95}, 1e-15);  // d = -2 + 3
}

TEST(RMSprop, AZeroGradientStillFollowsTheMomentum) {  // SEMANTICS [23]
  expect_close(tensor(rmsprop_row({.lr = .5, .alpha = 0, .eps = 1, .momentum = .5}, {1, 0})), {.75, .625}, 1e-15);
}

TEST(RMSprop, OneNanTouchesNoOtherElement) {  // SEMANTICS [25]
  Tensor p = leaf({1, 1, 1}, {3});
  optim::RMSprop optimizer({p}, {.lr = .1, .alpha = .5, .eps = 1.5, .momentum = .5, .centered = true});
  p.set_grad(tensor({1., std::nan(""), 1.}, {.dtype = float64}));
  optimizer.step();
  expect_close(p, {.95, NAN, .95}, 1e-15);
}

/// The state after one gradient and `steps` gradients of zero, with entries of the names given.
std::vector<double> faded(const optim::RMSpropOptions& options, int steps, const std::vector<std::string>& names) {
  Tensor p = tensor({1.f}, {.requires_grad = true});
  optim::RMSprop optimizer({p}, options);
  p.set_grad(ones_like(p));
  optimizer.step();
  p.set_grad(zeros_like(p));
  for (int i = 0; i < steps; ++i) optimizer.step();
  std::vector<double> values;
  for (const std::string& name : names) values.push_back(optimizer.state_dict()["state.0." + name].item<double>());
  return values;
}

TEST(RMSprop, StateThatFadesEndsAtZeroOnlyWithAUsualEps) {  // not in denormal numbers, which are fifty times as slow
  const std::vector<std::string> names = {"square_avg", "momentum_buffer", "grad_avg"};
  const optim::RMSpropOptions usual{.alpha = .9, .momentum = .8, .centered = true};
  EXPECT_EQ(faded(usual, 880, names), (std::vector<double>{0, 0, 0}));
  auto tiny = usual;
  tiny.eps = 0;
  EXPECT_GT(faded(tiny, 880, names)[0], 0);
  EXPECT_GT(faded(tiny, 880, names)[2], 0);
}

TEST(RMSprop, CenteredStaysANumberWhereSquaresUnderflow) {
  for (const float g : {1e-17f, 5e-19f, 1e-19f, 2e-20f}) {
    Tensor p = tensor({1.f}, {.requires_grad = true});
    optim::RMSprop optimizer({p}, {.centered = true});
    p.set_grad(tensor({g}));
    for (int i = 0; i < 100; ++i) optimizer.step();
    p.set_grad(tensor({0.f}));
    for (int i = 0; i < 2000; ++i) {
      optimizer.step();
      ASSERT_EQ(p.item<float>(), 1.f) << g << " after " << i;
    }
  }
}

TEST(RMSprop, RefusesOptionsOutsideTheirRange) {  // SEMANTICS [25]
  Tensor p = leaf({1}, {1});
  auto make = [&p](const optim::RMSpropOptions& o) { return [&p, o] { optim::RMSprop optimizer({p}, o); }; };
  expect_error<ValueError>(make({.lr = -1}), "RMSprop: lr = -1 in group 0");
  expect_error<ValueError>(make({.alpha = -.1}), "alpha = -0.1", "[0, 1]");
  expect_error<ValueError>(make({.alpha = NAN}), "alpha = nan");
  expect_error<ValueError>(make({.alpha = 0, .centered = true}), "centered needs alpha > 0");
  expect_error<ValueError>(make({.eps = INFINITY}), "eps = inf");
  expect_error<ValueError>(make({.weight_decay = NAN}), "weight_decay = nan");
  expect_error<ValueError>(make({.momentum = -.5}), "momentum = -0.5");
  EXPECT_NO_THROW(make({.lr = 0, .alpha = 0, .eps = 0})());
  EXPECT_NO_THROW(make({.alpha = 1})());
}

}  // namespace
}  // namespace xtape
