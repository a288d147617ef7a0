#include "support/expect.hpp"
#include "support/table_row.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::leaf;
using testing::table_row;

TEST(Adam, FollowsTheTable) {
  const auto row = table_row(optim::AdamOptions{.lr = .1}, {.1, .2, -.3});
  expect_close(tensor(row), {.90000001, .803481814, .810141715}, 5e-10);
}

TEST(Adam, WeightDecayEntersTheMoments) {
  const auto row = table_row(optim::AdamOptions{.lr = .1, .weight_decay = .01}, {.1, .2, -.3});
  expect_close(tensor(row), {.900000009, .802947348, .805460521}, 5e-10);
}

TEST(Adam, AmsgradKeepsTheLargestUncorrectedSquare) {
  const auto row = table_row(optim::AdamOptions{.lr = .1, .amsgrad = true}, {1, 0, 0});
  expect_close(tensor(row), {.900000001, .833027688, .781283787}, 5e-10);
}

TEST(Adam, TakesPyTorchsDefaults) {
  const optim::AdamOptions o;
  EXPECT_EQ(o.lr, 1e-3);
  EXPECT_EQ(o.betas, (std::array<double, 2>{.9, .999}));
  EXPECT_EQ(o.eps, 1e-8);
  EXPECT_EQ(o.weight_decay, 0);
  EXPECT_FALSE(o.amsgrad || o.maximize);
}

TEST(Adam, MaximizeMirrorsTheGradient) {
  expect_close(tensor(table_row(optim::AdamOptions{.lr = .1, .maximize = true}, {.1, .2, -.3})),
               table_row(optim::AdamOptions{.lr = .1}, {-.1, -.2, .3}));
}

TEST(Adam, StepsByLrWhateverTheGradientsScale) {  // SEMANTICS [24]
  Tensor p = leaf({1, -2}, {2});
  optim::Adam optimizer({p}, {.lr = .001});
  p.set_grad(tensor({1e-4, -1e3}, {.dtype = float64}));
  optimizer.step();
  expect_close(p, {0.999000099990001, -1.99900000000001}, 1e-15);
}

TEST(Adam, EpsIsAddedAfterRootAndCorrection) {  // SEMANTICS [24]
  Tensor p = leaf({1, -2}, {2});
  optim::Adam optimizer({p}, {.lr = .1, .eps = 1});
  p.set_grad(tensor({1, 2}, {.dtype = float64}));
  optimizer.step();
  expect_close(p, {.95, -2.066666666666667}, 1e-15);
}

TEST(Adam, CountsEachParametersOwnSteps) {
  Tensor early = leaf({1}, {1}), late = leaf({1}, {1});
  optim::Adam optimizer({early, late}, {.lr = .1});
  early.set_grad(ones_like(early));
  for (int i = 0; i < 9; ++i) optimizer.step();
  late.set_grad(ones_like(late));
  optimizer.step();
  expect_close(late, {.9}, 1e-8);  // a first step: bias correction for t = 1
}

TEST(Adam, BetasOfZeroUseOnlyTheCurrentGradient) {
  const auto row = table_row(optim::AdamOptions{.lr = .1, .betas = {0, 0}, .eps = 0}, {5, -.25, 1e-30});
  expect_close(tensor(row), {.9, 1., .9}, 1e-15);
}

TEST(Adam, OneNanTouchesNoOtherElement) {  // SEMANTICS [25]
  for (const bool amsgrad : {false, true}) {
    Tensor p = leaf({1, 1, 1}, {3});
    optim::Adam optimizer({p}, {.lr = .1, .amsgrad = amsgrad});
    p.set_grad(tensor({1., std::nan(""), 1.}, {.dtype = float64}));
    optimizer.step();
    optimizer.step();
    expect_close(p, {.8, NAN, .8}, 1e-7);
  }
}

TEST(Adam, ATinyMeanBecomesZeroOnlyWithAUsualEps) {
  auto exp_avg_after = [](double eps) {
    Tensor p = tensor({1.f}, {.requires_grad = true});
    optim::Adam optimizer({p}, {.eps = eps});
    p.set_grad(ones_like(p));
    optimizer.step();
    p.set_grad(zeros_like(p));
    for (int i = 0; i < 900; ++i) optimizer.step();
    return optimizer.state_dict()["state.0.exp_avg"].item<double>();
  };
  EXPECT_EQ(exp_avg_after(1e-8), 0);
  EXPECT_GT(exp_avg_after(0), 0);
}

TEST(Adam, RefusesOptionsOutsideTheirRange) {  // SEMANTICS [25]
  Tensor p = leaf({1}, {1});
  auto make = [&p](const optim::AdamOptions& o) { return [&p, o] { optim::Adam optimizer({p}, o); }; };
  expect_error<ValueError>(make({.lr = -1}), "Adam: lr = -1 in group 0");
  expect_error<ValueError>(make({.lr = NAN}), "lr = nan");
  expect_error<ValueError>(make({.betas = {1, .999}}), "betas[0] = 1", "[0, 1)");
  expect_error<ValueError>(make({.betas = {.9, -.1}}), "betas[1] = -0.1");
  expect_error<ValueError>(make({.betas = {.9, NAN}}), "betas[1] = nan");
  expect_error<ValueError>(make({.eps = -1e-8}), "eps = -1e-08");
  expect_error<ValueError>(make({.eps = NAN}), "eps = nan");
  expect_error<ValueError>(make({.weight_decay = -1}), "weight_decay = -1");
  expect_error<ValueError>(make({.weight_decay = NAN}), "weight_decay = nan");
  EXPECT_NO_THROW(make({.lr = 0, .betas = {0, 0}, .eps = 0})());
}

std::vector<double> adamw_row(const optim::AdamWOptions& options, const std::vector<double>& gradients) {
  return table_row(options, gradients);
}

TEST(AdamW, DecaysTheParameterBeforeTheStepAndNotTheMoments) {
  const auto row = adamw_row({.lr = .1, .weight_decay = .01}, {.1, .2, -.3});
  expect_close(tensor(row), {.89900001, .801582814, .807441132}, 5e-10);
}

TEST(AdamW, TakesPyTorchsDefaults) {
  const optim::AdamWOptions o;
  EXPECT_EQ(o.lr, 1e-3);
  EXPECT_EQ(o.betas, (std::array<double, 2>{.9, .999}));
  EXPECT_EQ(o.eps, 1e-8);
  EXPECT_EQ(o.weight_decay, .01);
  EXPECT_FALSE(o.amsgrad || o.maximize);
}

TEST(AdamW, WithoutDecayIsAdam) {
  const std::vector<double> gradients = {.1, .2, -.3, 0, 4};
  expect_close(tensor(adamw_row({.lr = .1, .weight_decay = 0, .amsgrad = true}, gradients)),
               table_row(optim::AdamOptions{.lr = .1, .amsgrad = true}, gradients));
}

TEST(AdamW, AZeroGradientDecaysAndAnAbsentOneDoesNot) {  // SEMANTICS [23]
  Tensor p = leaf({1, -2}, {2}), still = leaf({1}, {1});
  optim::AdamW optimizer({p, still}, {.lr = .1, .weight_decay = .5});
  p.set_grad(zeros_like(p));
  optimizer.step();
  expect_close(p, {.95, -1.9}, 1e-15);
  expect_close(still, {1});
}

TEST(AdamW, MaximizeStillDecays) {
  const auto row = adamw_row({.lr = .1, .weight_decay = .5, .maximize = true}, {1});
  expect_close(tensor(row), {1.05}, 1e-8);
}

TEST(AdamW, NamesItselfInErrors) {  // SEMANTICS [25]
  Tensor p = leaf({1}, {1});
  expect_error<ValueError>([&] { optim::AdamW optimizer({p}, {.weight_decay = -1}); }, "AdamW: weight_decay = -1");
  expect_error<ValueError>([&] { optim::AdamW optimizer({p}, {.betas = {.9, 1}}); }, "AdamW: betas[1] = 1");
  optim::Adam adam({p});
  optim::SGD sgd({p});
  optim::AdamW adamw({p});
  EXPECT_NO_THROW(adamw.load_state_dict(adam.state_dict()));
  expect_error<ValueError>([&] { adamw.load_state_dict(sgd.state_dict()); }, "AdamW");
}

}  // namespace
}  // namespace xtape
