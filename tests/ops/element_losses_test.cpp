// Losses of elements: l1_loss, smooth_l1_loss, huber_loss, binary_cross_entropy. loss_test.cpp tests their parts, and
// golden/losses_test.cpp shapes and layouts.
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
using testing::given;
using testing::gradient;
using testing::inf;
using testing::Input;
using testing::leaf;
using testing::nan;
using testing::special;
using testing::uniform;

const char* each_reduction = "reduction=r) for r in ('none', 'mean', 'sum')]";

/// The loss by each reduction, in the order of each_reduction.
template <class Options>
auto by_each_reduction(Tensor (*loss)(const Tensor&, const Tensor&, const Options&), Options options) {
  return [loss, options](Args x) {
    return testing::with_each_reduction([&](Reduction r) {
      Options with = options;
      with.reduction = r;
      return loss(x[0], x[1], with);
    });
  };
}

/// Cases of a loss of differences, smooth at them, at extremes and at the kinks. `torch` begins PyTorch's call.
template <class F>
void add_difference_loss(testing::OpCases& cases, const std::string& op, const std::string& name,
                         const std::string& torch, F run) {
  const std::string call = "[" + torch + ", " + each_reduction, prefix = name.empty() ? "" : name + ", ";
  auto each = [run](Args x) { return run(x)[0]; };
  cases.add(op, name, {any({4, 3}), any({4, 3})}, call, run);
  cases.add(op, prefix + "of nothing", {any({0, 3}), any({0, 3})}, call, run).smooth = false;  // the mean is NaN
  cases.add(op, prefix + "special", {special({400}, 20), special({400})}, torch + ", reduction='none')", each).smooth =
      false;
  const Input x = given({9}, {-1, -0.5, -0.25, -0.0, 0, 0.25, 0.5, 1, 2}),
              zeros = constant({9}, std::vector<double>(9));
  cases.add(op, prefix + "at the kinks", {x, zeros}, torch + ", reduction='none')", each).smooth = false;
}

XTAPE_OP_CASES(l1_loss) {
  add_difference_loss(cases, "l1_loss", "", "F.l1_loss(x[0], x[1]", by_each_reduction<L1Options>(l1_loss, {}));
  cases.add("L1Loss", "", {any({4, 3}), any({4, 3})}, "nn.L1Loss(reduction='sum')(x[0], x[1])",
            [](Args x) { return nn::L1Loss({.reduction = Reduction::sum})(x[0], x[1]); });
}

XTAPE_OP_CASES(smooth_l1_loss) {
  for (const char* beta : {"1.0", "0.5", "0.0", "100.0"}) {
    add_difference_loss(cases, "smooth_l1_loss", std::string("beta ") + beta,
                        std::string("F.smooth_l1_loss(x[0], x[1], beta=") + beta,
                        by_each_reduction<SmoothL1Options>(smooth_l1_loss, {.beta = std::stod(beta)}));
  }
  cases.add("SmoothL1Loss", "", {any({4, 3}), any({4, 3})}, "nn.SmoothL1Loss(beta=0.5)(x[0], x[1])",
            [](Args x) { return nn::SmoothL1Loss({.beta = 0.5})(x[0], x[1]); });
}

XTAPE_OP_CASES(huber_loss) {
  for (const char* delta : {"1.0", "0.5", "100.0"}) {
    add_difference_loss(cases, "huber_loss", std::string("delta ") + delta,
                        std::string("F.huber_loss(x[0], x[1], delta=") + delta,
                        by_each_reduction<HuberOptions>(huber_loss, {.delta = std::stod(delta)}));
  }
  cases.add("HuberLoss", "", {any({4, 3}), any({4, 3})}, "nn.HuberLoss(delta=0.5)(x[0], x[1])",
            [](Args x) { return nn::HuberLoss({.delta = 0.5})(x[0], x[1]); });
}

XTAPE_OP_CASES(binary_cross_entropy) {
  const Input x = uniform({4, 3}, 0.1, 0.8), t = uniform({4, 3}, 0.1, 0.8), w = constant({3}, {0.2, -0.3, 0});
  const std::string call = "[F.binary_cross_entropy(x[0], x[1], ";
  cases.add("binary_cross_entropy", "", {x, t}, call + each_reduction,
            by_each_reduction<BCEOptions>(binary_cross_entropy, {}));
  cases
      .add("binary_cross_entropy", "of nothing", {any({0, 3}), any({0, 3})}, call + each_reduction,
           by_each_reduction<BCEOptions>(binary_cross_entropy, {}))
      .smooth = false;
  cases.add("binary_cross_entropy", "weighted", {x, t, w}, call + "weight=x[2], " + each_reduction,
            [](Args v) { return by_each_reduction<BCEOptions>(binary_cross_entropy, {.weight = v[2]})(v); });
  const Input ends = given({8}, {0, 0, 0, 1, 1, 1, 1e-30, 0.9999999}),
              hard = constant({8}, {0, 1, 0.5, 0, 1, 0.5, 1, 0});
  cases
      .add("binary_cross_entropy", "of certain predictions", {ends, hard}, call + each_reduction,
           by_each_reduction<BCEOptions>(binary_cross_entropy, {}))
      .smooth = false;
  cases.add("BCELoss", "", {x, t, w}, "nn.BCELoss(weight=x[2], reduction='sum')(x[0], x[1])",
            [](Args v) { return nn::BCELoss({.weight = v[2], .reduction = Reduction::sum})(v[0], v[1]); });
}

/// Expects the loss of x against 0, its gradient and its second derivative.
template <class F>
void expect_loss_at(double at, F loss, double value, double slope, double curvature) {
  SCOPED_TRACE(at);
  Tensor x = leaf({at}, {1});
  const Tensor y = loss(x, zeros({1}));
  expect_close(y, {value}, 1e-15);
  const Tensor dx = grad({y}, {x}, {}, {.create_graph = true})[0];
  expect_close(dx, {slope}, 1e-15);
  const std::vector<Tensor> second =
      dx.requires_grad() ? grad({dx.sum()}, {x}, {}, {.allow_unused = true}) : std::vector<Tensor>(1);
  expect_close(second[0].defined() ? second[0] : zeros({1}), {curvature}, 1e-15);
}

TEST(L1Loss, IsTheDistanceReduced) {
  Tensor x = leaf({1, 2, 3, 4}, {2, 2}), t = leaf({0, 2, 5, 1}, {2, 2});
  expect_close(l1_loss(x, t, {.reduction = Reduction::none}), {1, 0, 2, 3});
  expect_close(l1_loss(x, t, {.reduction = Reduction::sum}), {6});
  const Tensor mean = l1_loss(x, t);
  expect_close(mean, {1.5});
  expect_close(gradient(mean, x, {4}), {1, 0, -1, 1});
  expect_close(gradient(mean, t, {4}), {-1, 0, 1, -1});
}

TEST(L1Loss, HasNoGradientWhereTheSidesAreEqualOrNaN) {
  Tensor x = leaf({0, inf, nan}, {3}), t = leaf({0, inf, 0}, {3});
  expect_close(gradient(l1_loss(x, t, {.reduction = Reduction::none}), x, {1, 1, 1}), {0, 0, 0});
}

TEST(SmoothL1Loss, IsASquareUpToBetaAndLinearBeyond) {
  auto loss = [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, {.beta = 2}); };
  expect_loss_at(1, loss, 0.25, 0.5, 0.5);
  expect_loss_at(-1, loss, 0.25, -0.5, 0.5);
  expect_loss_at(2, loss, 1, 1, 0);  // PyTorch's second derivative at the kink
  expect_loss_at(-2, loss, 1, -1, 0);
  expect_loss_at(-5, loss, 4, -1, 0);
  expect_loss_at(1e300, loss, 1e300, 1, 0);
  expect_loss_at(-inf, loss, inf, -1, 0);
}

TEST(SmoothL1Loss, OfBetaZeroIsL1Loss) {
  auto loss = [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, {.beta = 0}); };
  expect_loss_at(0, loss, 0, 0, 0);
  expect_loss_at(-3, loss, 3, -1, 0);
}

TEST(SmoothL1Loss, DoesNotOverflowBelowALargeBeta) {
  expect_loss_at(
      1e200, [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, {.beta = 1e250}); }, 5e149, 1e-50,
      1e-250);
  expect_loss_at(
      3, [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, {.beta = inf}); }, 0, 0, 0);
}

TEST(HuberLoss, IsDeltaTimesSmoothL1Loss) {
  const Tensor x = any({50}).make("x", float64), t = any({50}).make("t", float64);
  for (double delta : {0.3, 1.0, 2.5}) {
    const Tensor smooth = smooth_l1_loss(x, t, {.reduction = Reduction::none, .beta = delta});
    expect_close(huber_loss(x, t, {.reduction = Reduction::none, .delta = delta}), (delta * smooth).to_vector<double>(),
                 1e-15);
  }
}

TEST(HuberLoss, IsASquareUpToDeltaAndLinearBeyond) {
  auto loss = [](const Tensor& x, const Tensor& t) { return huber_loss(x, t, {.delta = 2}); };
  expect_loss_at(1, loss, 0.5, 1, 1);
  expect_loss_at(2, loss, 2, 2, 0);  // PyTorch's second derivative at the kink
  expect_loss_at(-2, loss, 2, -2, 0);
  expect_loss_at(-5, loss, 8, -2, 0);
  expect_loss_at(1e300, loss, 2e300, 2, 0);
  expect_loss_at(-inf, loss, inf, -2, 0);
}

TEST(HuberLoss, OfAnInfiniteDeltaIsHalfTheSquare) {
  auto loss = [](const Tensor& x, const Tensor& t) { return huber_loss(x, t, {.delta = inf}); };
  expect_loss_at(-3, loss, 4.5, -3, 1);
  EXPECT_EQ(huber_loss(tensor({inf}), zeros({1}), {.delta = inf}).item<double>(), inf);  // PyTorch: NaN
}

TEST(BinaryCrossEntropy, IsTheCrossEntropyOfTwoClasses) {
  Tensor x = leaf({0.25, 0.5, 1}, {3}), t = leaf({1, 0.5, 1}, {3});
  const Tensor y = binary_cross_entropy(x, t, {.reduction = Reduction::none});
  expect_close(y, {std::log(4), std::log(2), 0}, 1e-15);
  expect_close(gradient(y, x, {1, 1, 1}), {-4, 0, 0}, 1e-15);
  expect_close(binary_cross_entropy(x, t), {std::log(8) / 3}, 1e-15);
}

TEST(BinaryCrossEntropy, AgreesWithItsFormOfLogits) {
  const Tensor z = uniform({50}, -5, 10).make("z", float64), t = uniform({50}, 0, 1).make("t", float64);
  expect_close(binary_cross_entropy(sigmoid(z), t), {binary_cross_entropy_with_logits(z, t).item<double>()}, 1e-12);
}

TEST(BinaryCrossEntropy, OfCertainPredictionsIsAtMost100) {
  Tensor x = leaf({0, 1, 0, 1, -0.0}, {5}), t = leaf({1, 0, 0, 1, 1}, {5});
  const Tensor y = binary_cross_entropy(x, t, {.reduction = Reduction::none});
  expect_close(y, {100, 100, 0, 0, 100});
  const double steep = 1 / double{1e-12F};
  expect_close(gradient(y, x, {1, 1, 1, 1, 1}), {-steep, steep, 0, 0, -steep}, 1e-15);
  expect_close(gradient(y, t, {1, 1, 1, 1, 1}), {100, -100, 100, -100, 100});  // PyTorch: infinite
}

TEST(BinaryCrossEntropy, OfCertainPredictionsHasFiniteSecondDerivatives) {
  for (DType dtype : {float32, float64}) {
    const Tensor x = tensor({0.0, 1.0}, {.dtype = dtype, .requires_grad = true});
    const Tensor t = tensor({1.0, 0.0}, {.dtype = dtype, .requires_grad = true});
    const Tensor y = binary_cross_entropy(x, t, {.weight = tensor({0.0, 2.0}), .reduction = Reduction::sum});
    const std::vector<Tensor> first = grad({y}, {x, t}, {}, {.create_graph = true});
    EXPECT_EQ(first[0][0].item<double>(), 0);
    for (const Tensor& second : grad({first[0].sum() + first[1].sum()}, {x, t}, {})) {
      EXPECT_TRUE(std::isfinite(second.sum().item<double>()));
    }
  }
}

TEST(BinaryCrossEntropy, KeepsTheInputsDtypeWhateverTheWeights) {
  const Tensor y = binary_cross_entropy(full({2}, 0.5), ones({2}), {.weight = ones({2}, {.dtype = float64})});
  EXPECT_EQ(y.dtype(), float32);
  expect_close(binary_cross_entropy(full({2}, 0.5), tensor({1, 0})), {std::log(2)}, 1e-7);
}

TEST(ElementLosses, NameWhatDoesNotFit) {
  const Tensor half = full({2}, 0.5);
  testing::expect_errors({
      {"ShapeError: l1_loss: expected an input and a target of the same shape, got (4, 1) and (4); squeeze(1) the "
       "input, or unsqueeze(1) the target?",
       [] {
         l1_loss(zeros({4, 1}), zeros({4}));
       }},
      {"DTypeError: l1_loss: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { l1_loss(tensor({1}), tensor({2})); }},
      {"ValueError: l1_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { l1_loss(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
      {"ValueError: l1_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { l1_loss_parts(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
      {"ValueError: l1_loss: the tensor is undefined; has backward run?", [] { l1_loss(ones({1}), Tensor()); }},
      {"ValueError: smooth_l1_loss: beta is -1, it must be at least 0",
       [] { smooth_l1_loss(ones({1}), ones({1}), {.beta = -1}); }},
      {"ValueError: smooth_l1_loss: beta is nan, it must be at least 0",
       [] { smooth_l1_loss_parts(ones({1}), ones({1}), {.beta = nan}); }},
      {"ShapeError: smooth_l1_loss: expected an input and a target of the same shape, got (4, 3) and (3); nothing is "
       "broadcast",
       [] {
         smooth_l1_loss(ones({4, 3}), ones({3}), {.beta = 0});
       }},
      {"ValueError: smooth_l1_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { smooth_l1_loss(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
      {"ValueError: huber_loss: delta is 0, it must be greater than 0",
       [] { huber_loss(ones({1}), ones({1}), {.delta = 0}); }},
      {"ValueError: huber_loss: delta is -1.5, it must be greater than 0",
       [] { nn::HuberLoss({.delta = -1.5})(ones({1}), ones({1})); }},
      {"ValueError: huber_loss: delta is nan, it must be greater than 0",
       [] { huber_loss_parts(ones({1}), ones({1}), {.delta = nan}); }},
      {"DTypeError: huber_loss: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { huber_loss(tensor({1}), tensor({2})); }},
      {"ValueError: huber_loss: Reduction::batchmean is for kl_div only; use mean?",
       [] { huber_loss(ones({1}), ones({1}), {.reduction = Reduction::batchmean}); }},
      {"ValueError: binary_cross_entropy: input[1] = 1.5 is outside [0, 1]; pass sigmoid(x), or use "
       "binary_cross_entropy_with_logits",
       [] {
         binary_cross_entropy(tensor({0.5, 1.5}), ones({2}));
       }},
      {"ValueError: binary_cross_entropy: input[1, 0] = -0.1 is outside [0, 1]; pass sigmoid(x), or use "
       "binary_cross_entropy_with_logits",
       [] {
         binary_cross_entropy_parts(tensor({{0.5, 1.0}, {-0.1, 2.0}}), ones({2, 2}));
       }},
      {"ValueError: binary_cross_entropy: input = nan is outside [0, 1]; pass sigmoid(x), or use "
       "binary_cross_entropy_with_logits",
       [] { nn::BCELoss()(tensor(nan), ones({})); }},
      {"ValueError: binary_cross_entropy: target[0] = 2 is outside [0, 1]",
       [&half] {
         binary_cross_entropy(half, tensor({2, 1}));
       }},
      {"ValueError: binary_cross_entropy: target[1] = nan is outside [0, 1]",
       [&half] {
         binary_cross_entropy(half, tensor({0.0, nan}));
       }},
      {"ShapeError: binary_cross_entropy: the weight (3) does not broadcast to the input (2)",
       [&half] { binary_cross_entropy(half, half, {.weight = ones({3})}); }},
      {"ShapeError: binary_cross_entropy: the weight (2, 2) does not broadcast to the input (2)",
       [&half] {
         binary_cross_entropy(half, half, {.weight = ones({2, 2})});
       }},
      {"ShapeError: binary_cross_entropy: expected an input and a target of the same shape, got (2) and (2, 1); "
       "reshape "
       "one of them?",
       [&half] {
         binary_cross_entropy(half, ones({2, 1}));
       }},
      {"ValueError: binary_cross_entropy: Reduction::batchmean is for kl_div only; use mean?",
       [&half] { binary_cross_entropy(half, half, {.reduction = Reduction::batchmean}); }},
  });
}

}  // namespace
}  // namespace xtape
