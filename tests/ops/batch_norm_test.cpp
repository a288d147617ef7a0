#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::expect_error;
using testing::extreme_rows;
using testing::gradient;
using testing::Input;
using testing::leaf;
using testing::nan;
using testing::Tensors;

XTAPE_OP_CASES(batch_norm) {
  const Input mean = constant({3}, {0.1, -0.2, 0.3}), var = constant({3}, {1, 2, 0.5});
  for (const Shape& shape : {Shape{5, 3}, Shape{4, 3, 2}}) {
    const std::string rank = std::to_string(shape.size()) + "-D";
    cases.add("batch_norm", rank + " in training", {any(shape), any({3}), any({3})},
              "F.batch_norm(x[0], None, None, x[1], x[2], True)",
              [](Args x) { return batch_norm(x[0], {}, {}, x[1], x[2], true); });
    cases.add("batch_norm", rank + " in evaluation", {any(shape), any({3}), any({3}), mean, var},
              "F.batch_norm(x[0], x[3], x[4], x[1], x[2])",
              [](Args x) { return batch_norm(x[0], x[3], x[4], x[1], x[2]); });
    cases
        .add("batch_norm", rank + " running", {any(shape), mean, var}, "running_statistics(x)",
             [](Args x) {
               const Tensors running = {x[1].clone(), x[2].clone()};
               batch_norm(x[0].detach(), running[0], running[1], {}, {}, true, 0.3);
               return running;
             })
        .smooth = false;
  }
  cases.add("batch_norm", "in training, with running statistics", {any({2, 3, 2}), any({3}), any({3}), mean, var},
            [](Args x) { return batch_norm(x[0], x[3].clone(), x[4].clone(), x[1], x[2], true); });
  cases.add("batch_norm", "without parameters", {any({4, 3})},
            [](Args x) { return batch_norm(x[0], {}, {}, {}, {}, true); });
  cases
      .add("batch_norm", "extremes", {extreme_rows()}, "F.batch_norm(x[0].T, None, None, training=True)",
           [](Args x) { return batch_norm(x[0].transpose(0, 1), {}, {}, {}, {}, true); })
      .smooth = false;
}

const std::vector<double> batch_values = {0.3, -1.2, 2, 0.7, -0.4, 1.1, -2.1, 0.9, 1.6, -0.8, 0.2, 0.5};
const std::vector<double> upstream = {1, -2, 0.5, 0.3, 0.7, -1, 0.4, 0.9, -0.6, 1.2, 0.8, -0.1};

Tensor f64(const std::vector<double>& v) { return tensor(v); }

/// x (2, 3, 2) with affine parameters and running statistics.
struct Batch {
  Tensor x = leaf(batch_values, {2, 3, 2}), w = leaf({0.5, 1.5, 2}, {3}), b = leaf({0.1, -0.2, 0.3}, {3});
  Tensor mean = f64({0.1, 0.2, 0.3}), var = f64({1, 2, 3});
};

TEST(BatchNorm, HasPyTorchsValueAndGradientsInTraining) {
  Batch c;
  const Tensor y = batch_norm(c.x, c.mean, c.var, c.w, c.b, true);
  expect_close(y,
               {0.44715569229227303, -0.18403647551185967, 1.36891236731958, -0.4440530349163796, -2.473453572068578,
                3.0734535720685776, -0.5627517761943394, 0.6996325594139261, 0.8110768589392849, -2.5359361913424867,
                -0.2546907144137156, 0.8546907144137154},
               1e-12);
  expect_close(gradient(y, c.x, upstream),
               {0.21542803996948623, -0.7309433316816963, 0.8652270383253724, -0.1717799065204111, -1.1234900026035008,
                -0.725479045442218, 0.4685719151791659, 0.046943376533044145, -0.9020788222298657, 0.20863169042490384,
                1.9201060952123334, -0.071137047166615},
               1e-12);
  expect_close(gradient(y, c.w, upstream), {2.37959447262158, -1.7990195145264525, -2.607046357744463}, 1e-12);
  expect_close(gradient(y, c.b, upstream), {0.3, 1.4, 0.4}, 1e-12);
}

TEST(BatchNorm, MovesTheRunningStatisticsByTheUnbiasedVariance) {
  Batch c;
  batch_norm(c.x, c.mean, c.var, c.w, c.b, true);
  expect_close(c.mean, {0.0375, 0.2675, 0.305}, 1e-12);
  expect_close(c.var, {1.08825, 1.95425, 2.739}, 1e-12);
}

TEST(BatchNorm, TakesRowsOfChannels) {
  Tensor mean = f64({0, 0}), var = f64({1, 1});
  const Tensor x = leaf({0.3, -1.2, 2, 0.7, -0.4, 1.1, -2.1, 0.9}, {4, 2});
  expect_close(batch_norm(x, mean, var, {}, {}, true, 0.3),
               {0.23800659001769794, -1.7114662439431867, 1.3940385986750878, 0.35315970113113376, -0.2380065900176979,
                0.7878177948309909, -1.3940385986750878, 0.5704887479810623},
               1e-12);
  expect_close(mean, {-0.015, 0.1125}, 1e-12);
  expect_close(var, {1.565, 1.03875}, 1e-12);
}

TEST(BatchNorm, HasPyTorchsValueAndGradientsInEvaluation) {
  Batch c;
  const Tensor y = batch_norm(c.x, c.mean, c.var, c.w, c.b);
  expect_close(y,
               {0.19999950000374997, -0.5499967500243748, 1.709183536250804, 0.3303287600696677, -0.5082890297182158,
                1.2237588911065325, -0.9999945000412498, 0.4999980000149999, 1.28492052819507, -1.2606575201393357,
                0.18453013861168346, 0.530939722776633},
               1e-12);
  expect_close(gradient(y, c.x, upstream),
               {0.4999975000187499, -0.9999950000374997, 0.5303287600696678, 0.31819725604180066, 0.8082890297182157,
                -1.1546986138831654, 0.19999900000749996, 0.4499977500168749, -0.6363945120836013, 1.2727890241672026,
                0.9237588911065324, -0.11546986138831655},
               1e-12);
  expect_close(gradient(y, c.w, upstream), {2.6399868000989994, -0.7000339632919614, -0.8025155366488}, 1e-12);
  expect_close(c.mean, {0.1, 0.2, 0.3});
}

TEST(BatchNorm, ALaterBatchLeavesEarlierGradientsAlone) {
  for (bool training : {true, false}) {
    Batch c, alone;
    const Tensor y = batch_norm(c.x, c.mean, c.var, c.w, c.b, training);
    batch_norm(c.x.detach() * 3, c.mean, c.var, c.w, c.b, true);  // writes the running statistics
    const Tensor seed = tensor(upstream, {2, 3, 2});
    const Tensor dx = grad({y}, {c.x}, {seed}, {.create_graph = true})[0];
    const Tensor expected = grad({batch_norm(alone.x, alone.mean, alone.var, alone.w, alone.b, training)}, {alone.x},
                                 {seed}, {.create_graph = true})[0];
    EXPECT_TRUE(equal(dx, expected));
    EXPECT_TRUE(equal(grad({dx}, {c.w}, {seed})[0], grad({expected}, {alone.w}, {seed})[0]));
  }
}

TEST(BatchNorm, AnEmptyBatchChangesNoStatistics) {
  Tensor mean = zeros({3}), var = ones({3});
  EXPECT_EQ(batch_norm(zeros({0, 3}), mean, var, {}, {}, true).shape(), (Shape{0, 3}));
  EXPECT_EQ(batch_norm(zeros({0, 3}), mean, var).shape(), (Shape{0, 3}));
  expect_close(mean, {0, 0, 0});
  expect_close(var, {1, 1, 1});
}

TEST(BatchNorm, OfNoPositionsHasNoElementsAndNoGradients) {
  for (const bool training : {true, false}) {
    const Tensor x = ones({8, 64, 0, 4}, {.requires_grad = true}), w = ones({64}, {.requires_grad = true});
    const Tensor mean = ones({64}), var = full({64}, 3.0);
    const Tensor y = batch_norm(x, mean, var, w, w, training);
    y.sum().backward();
    EXPECT_EQ(y.shape(), x.shape());
    EXPECT_EQ(x.grad().shape(), x.shape());
    EXPECT_TRUE(equal(w.grad(), zeros({64})));
    EXPECT_TRUE(equal(mean, ones({64})));
  }
}

TEST(BatchNorm, TakesOneRowInEvaluationOrWithPositions) {
  EXPECT_NO_THROW(batch_norm(ones({1, 3}), zeros({3}), ones({3})));
  EXPECT_NO_THROW(batch_norm(ones({1, 3, 2}), {}, {}, {}, {}, true));
}

TEST(BatchNorm, LeavesTheStatisticsAloneWhenItRefuses) {
  Tensor mean = zeros({3}), var = ones({3});
  expect_error<ShapeError>(
      [&] {
        batch_norm(ones({4, 3}), mean, var, ones({2}), {}, true);
      },
      "batch_norm: expected a weight (3), got (2)");
  expect_close(mean, {0, 0, 0});
}

TEST(BatchNorm, LeavesTheStatisticsAloneWhenItThrows) {
  const Tensor mean = zeros({2}), var = ones({2});
  const Tensor w = full({2}, NAN, {.requires_grad = true}), x = randn({4, 2});
  const autograd::DetectAnomalyGuard guard;
  EXPECT_THROW(batch_norm(x, mean, var, w, {}, true), GradError);
  EXPECT_TRUE(equal(mean, zeros({2})) && equal(var, ones({2})));
}

TEST(BatchNorm, KeepsItsDigitsInFloat32WhateverTheMean) {
  for (const Shape& shape : {Shape{4, 1, 2, 2}, Shape{16, 1}}) {
    const Tensor steps = arange(16, {.dtype = float32}).reshape(shape);
    const Tensor y = batch_norm(steps, {}, {}, {}, {}, true), far = batch_norm(steps + 1e6, {}, {}, {}, {}, true);
    EXPECT_TRUE(equal(y, far));
  }
}

TEST(BatchNorm, KeepsAVarianceThatIsSmallBesideTheSquareOfTheMean) {
  for (const Shape& shape : {Shape{5, 1, 3, 1}, Shape{15, 1}}) {
    const Tensor steps = arange(15, {.dtype = float32}).reshape(shape) / 16;
    const Tensor y = batch_norm(steps, {}, {}, {}, {}, true), far = batch_norm(steps + 1e6, {}, {}, {}, {}, true);
    EXPECT_TRUE(allclose(far, y, 0, 1e-6)) << far.to_string();
  }
}

TEST(BatchNorm, HasTheSameBitsForAnyNumberOfThreads) {
  const int threads = num_threads();
  const Tensor x = randn({6, 40, 33, 31}, {.requires_grad = true}), w = rand({40}, {.requires_grad = true});
  const auto run = [&x, &w](int n) {
    set_num_threads(n);
    const Tensor y = batch_norm(x, {}, {}, w, {}, true);
    std::vector<Tensor> all = grad({y}, {x, w}, {y.detach()});
    all.push_back(y.detach());
    return all;
  };
  const std::vector<Tensor> alone = run(1), shared = run(3);
  set_num_threads(threads);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(equal(alone[i], shared[i]));
}

TEST(BatchNorm, OfFrozenParametersHasTheSameGradientInEvaluation) {
  const Tensor x = randn({3, 2, 4}, {.requires_grad = true}), w = tensor({0.5f, -2.f}), seed = randn({3, 2, 4});
  const Tensor mean = randn({2}), var = rand({2}) + 0.5;
  const Tensor frozen = grad({batch_norm(x, mean, var, w)}, {x}, {seed})[0];
  const Tensor learning = w.clone().requires_grad_();
  EXPECT_TRUE(equal(frozen, grad({batch_norm(x, mean, var, learning)}, {x}, {seed})[0]));
}

TEST(BatchNorm, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: batch_norm: training needs more than one value per channel, got (1, 3); to predict call eval() first, "
       "and drop_last leaves out a last batch of one",
       [] { batch_norm(ones({1, 3}), {}, {}, {}, {}, true); }},
      {"ValueError: batch_norm: evaluation needs running_mean and running_var",
       [] { batch_norm(ones({2, 3}), {}, {}); }},
      {"ShapeError: batch_norm: expected a running_mean (3), got (2)",
       [] { batch_norm(ones({2, 3}), zeros({2}), ones({2})); }},
      {"ShapeError: batch_norm: expected (N, C) or (N, C, L...), got (3)",
       [] { batch_norm(ones({3}), {}, {}, {}, {}, true); }},
      {"DTypeError: batch_norm: the input is float32, a running_var float64; convert one with .to",
       [] { batch_norm(ones({4, 3}), ones({3}), ones({3}).to(float64)); }},
      {"ValueError: batch_norm: only one of running_mean and running_var is defined",
       [] { batch_norm(ones({4, 3}), ones({3}), {}, {}, {}, true); }},
      {"ValueError: batch_norm: eps is nan, it must not be negative",
       [] { batch_norm(ones({4, 3}), {}, {}, {}, {}, true, 0.1, nan); }},
      {"ValueError: batch_norm: momentum is 1.5, it must lie in [0, 1]",
       [] { batch_norm(ones({4, 3}), {}, {}, {}, {}, true, 1.5); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
