// Value and gradient of many problems against the formulas in support/class_problem.hpp, then the numbered cases of
// SEMANTICS one by one.
#include <cmath>
#include <limits>

#include "support/class_problem.hpp"
#include "support/constants.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Answer;
using testing::answer;
using testing::any;
using testing::Args;
using testing::constant;
using testing::expect_close;
using testing::expect_error;
using testing::indices;
using testing::inf;
using testing::Input;
using testing::integers;
using testing::leaf;
using testing::nan;
using testing::Numbers;
using testing::Problem;
using testing::uniform;

XTAPE_OP_CASES(cross_entropy) {
  const Input target = indices({4}, {2, 0, -100, 1}), weight = constant({3}, {0.2, 0.3, 0.5});
  cases.add("cross_entropy", "", {any({4, 3}), target}, "F.cross_entropy(x[0], x[1])",
            [](Args x) { return cross_entropy(x[0], x[1]); });
  cases.add("cross_entropy", "weighted and smoothed", {any({4, 3}), target, weight},
            "F.cross_entropy(x[0], x[1], weight=x[2], label_smoothing=0.1)",
            [](Args x) { return cross_entropy(x[0], x[1], {.weight = x[2], .label_smoothing = 0.1}); });
  cases.add("cross_entropy", "each", {any({2, 3, 2}), indices({2, 2}, {2, 0, 1, 1})},
            "F.cross_entropy(x[0], x[1], reduction='none')",
            [](Args x) { return cross_entropy(x[0], x[1], {.reduction = Reduction::none}); });
  cases.add("cross_entropy", "probabilities", {any({4, 3}), uniform({4, 3}, 0, 1), weight},
            "F.cross_entropy(x[0], x[1], weight=x[2], label_smoothing=0.1, reduction='sum')", [](Args x) {
              return cross_entropy(x[0], x[1], {.weight = x[2], .reduction = Reduction::sum, .label_smoothing = 0.1});
            });
  cases
      .add("cross_entropy", "large", {uniform({9, 100}, -64, 128), integers({9}, 100)}, "F.cross_entropy(x[0], x[1])",
           [](Args x) { return cross_entropy(x[0], x[1]); })
      .smooth = false;
}

const Reduction reductions[] = {Reduction::none, Reduction::sum, Reduction::mean};

const Numbers wave = {0.3, -1.2, 2.0, 0.7,  -0.4, 1.1, -2.1, 0.9, 1.6, -0.8, 0.2, 0.5,
                      1.3, -0.6, 0.1, -1.5, 2.2,  0.4, -0.9, 1.8, 0.6, -0.3, 1.0, -1.1};
Numbers first(std::size_t n) { return Numbers(wave.begin(), wave.begin() + static_cast<std::ptrdiff_t>(n)); }
Numbers some_probabilities(std::size_t n) {
  Numbers t;
  for (std::size_t i = 0; i < n; ++i) t.push_back(i % 5 == 3 ? 0 : 0.1 * static_cast<double>(i % 4 + 1));
  return t;
}
const Numbers golden_x = {1, 2, 3, 1, -1, .5, 0, 0, 0}, golden_w = {.2, .3, .5};
const Numbers golden_q = {0, 0, 1, 1, 0, 0, .2, .3, .5};
const Problem case8 = {{2, 2}, {2, -1, -1, 2}, {0, 1}, {1, 2}, .3};

std::vector<Problem> problems() {
  const Numbers w2 = {0.5, 1.5}, w3 = {0.2, 0.0, 0.5};
  std::vector<Problem> problems = {case8};
  for (const Numbers& t : {Numbers{2, 0, -100}, golden_q}) {
    for (double e : {0.0, 0.1}) {
      problems.push_back({{3, 3}, golden_x, t, {}, e});
      problems.push_back({{3, 3}, golden_x, t, golden_w, e});
    }
  }
  problems.push_back({{2, 3}, first(6), {0, 0, 0, .2, .3, .5}});
  for (double e : {0.0, 0.1, 1.0}) {
    for (const Numbers& w : {Numbers{}, w3}) {
      problems.push_back({{3}, first(3), {2}, w, e});
      problems.push_back({{4, 3}, first(12), {2, 0, -100, 1}, w, e});
      problems.push_back({{4, 3}, first(12), {2, 0, 1, 0}, w, e, 0});
      problems.push_back({{3}, first(3), some_probabilities(3), w, e});
      problems.push_back({{4, 3}, first(12), some_probabilities(12), w, e});
      problems.push_back({{2, 3, 2}, first(12), {2, 0, 0, -100}, w, e});
      problems.push_back({{2, 3, 4}, wave, some_probabilities(24), w, e});
    }
    for (const Numbers& w : {Numbers{}, w2}) {
      problems.push_back({{2, 2, 3, 2}, wave, {1, 0, 0, 255, 1, 1, 0, 1, 255, 0, 1, 0}, w, e, 255});
      problems.push_back({{2, 2, 3, 2}, wave, some_probabilities(24), w, e});
    }
  }
  return problems;
}

double tolerance(DType dtype) { return dtype == float32 ? 2e-6 : 1e-12; }

Tensor loss_of(const Problem& p, Reduction reduction, DType dtype) {
  return cross_entropy(p.logits(dtype), p.target(dtype), p.options(reduction, dtype));
}

TEST(CrossEntropy, IsTheFormulaInValueAndGradientWithAndWithoutAGraph) {
  for (const Problem& problem : problems()) {
    for (Reduction reduction : reductions) {
      const Answer expected = answer(problem, reduction);
      for (DType dtype : {float32, float64}) {
        SCOPED_TRACE(problem.shape.to_string() + " e=" + std::to_string(problem.e) + " " + to_string(dtype));
        Tensor x = problem.logits(dtype);
        Tensor y = cross_entropy(x, problem.target(dtype), problem.options(reduction, dtype));
        ASSERT_EQ(y.shape(), reduction == Reduction::none ? problem.positions() : Shape{});
        ASSERT_EQ(y.dtype(), dtype);
        expect_close(y, expected.value, tolerance(dtype));
        Tensor gy = tensor(expected.upstream, y.shape(), {.dtype = dtype});
        Tensor recorded = grad({y}, {x}, {gy}, {.create_graph = true})[0];
        expect_close(recorded, expected.gradient, tolerance(dtype));
        y.backward(gy);
        expect_close(x.grad(), expected.gradient, tolerance(dtype));
      }
    }
  }
}

TEST(CrossEntropy, FirstAndSecondDerivativesAgreeWithCentralDifferences) {
  for (const Problem& problem : problems()) {
    for (Reduction reduction : reductions) {
      SCOPED_TRACE(problem.shape.to_string() + " e=" + std::to_string(problem.e));
      const CrossEntropyOptions options = problem.options(reduction, float64);
      const Tensor target = problem.target(float64);
      testing::expect_gradients([&](const std::vector<Tensor>& in) { return cross_entropy(in[0], target, options); },
                                {problem.logits(float64)});
      if (!problem.has_probabilities()) continue;
      auto of_both = [&](const std::vector<Tensor>& in) { return cross_entropy(in[0], in[1], options); };
      testing::expect_gradients(of_both, {problem.logits(float64), leaf(problem.t, problem.shape)});
      testing::expect_gradients(of_both, {tensor(problem.x, problem.shape), leaf(problem.t, problem.shape)});
    }
  }
}

TEST(CrossEntropy, GivesTheGoldenTable) {
  const Problem index{{3, 3}, golden_x, {2, 0, -100}}, probability{{3, 3}, golden_x, golden_q};
  struct Case {
    Problem problem;
    double e;
    Numbers w, none;
    double sum, mean;
  };
  const Case cases[] = {
      {index, 0, {}, {.407606, .554957, 0}, .962563, .481281},
      {index, .1, {}, {.507606, .638290, 0}, 1.145896, .572948},
      {index, 0, golden_w, {.203803, .110991, 0}, .314794, .449706},
      {index, .1, golden_w, {.220343, .146724, 0}, .367067, .524381},
      {probability, 0, golden_w, {.203803, .110991, .417473}, .732267, .244089},
      {probability, .1, golden_w, {.220343, .146724, .412346}, .779413, .259804},
  };
  for (const auto& [problem, e, w, none, sum, mean] : cases) {
    Problem p = problem;
    p.e = e;
    p.w = w;
    for (DType dtype : {float32, float64}) {
      auto loss = [&p, dtype](Reduction r) { return loss_of(p, r, dtype); };
      expect_close(loss(Reduction::none), none, 1e-6);
      expect_close(loss(Reduction::sum), {sum}, 1e-6);
      expect_close(loss(Reduction::mean), {mean}, 1e-6);
      for (Reduction r : reductions) expect_close(loss(r), answer(p, r).value, tolerance(dtype));
    }
  }
}

/// Checks the loss of x and t, and its gradient by the fused kernel and by recorded ops; expected zeros must be exact.
void expect_loss(const Tensor& x, const Tensor& t, const CrossEntropyOptions& options, const Numbers& value,
                 const Numbers& gradient, double tol = 1e-12) {
  Tensor leaf_x = x.clone().requires_grad_();
  Tensor y = cross_entropy(leaf_x, t, options);
  expect_close(y, value, tol);
  for (bool create_graph : {true, false}) {
    const Tensor dx = grad({y}, {leaf_x}, {ones_like(y)}, {.create_graph = create_graph})[0].detach();
    expect_close(dx, gradient, tol);
    expect_close(where(tensor(gradient, dx.shape()) == 0, dx, 0), Numbers(gradient.size(), 0.0));
  }
}

Tensor f64(const Numbers& values, const Shape& shape) { return tensor(values, shape); }
const Tensor X = tensor({{1., 2., 3.}, {1., 2., 3.}}, {.dtype = float64});
const Numbers p123 = {0.09003057317038046, 0.24472847105479764, 0.6652409557748218};  // softmax of 1, 2, 3

TEST(CrossEntropy, OfTheWorkedExample) {
  expect_loss(f64({1, 2, 3, 4, 5, 6}, {2, 3}), tensor({1, 0}), {}, {1.9076059644443806},
              {p123[0] / 2, (p123[1] - 1) / 2, p123[2] / 2, (p123[0] - 1) / 2, p123[1] / 2, p123[2] / 2});
}

TEST(CrossEntropy, OfAFairCoinIsLog2) {
  expect_loss(f64({0, 0}, {1, 2}), tensor({1}), {}, {0.6931471805599453}, {.5, -.5});
}

TEST(CrossEntropy, IsNllLossOfLogSoftmax) {
  Tensor x = leaf(wave, {2, 3, 4}), u = leaf(wave, {2, 3, 4}), w = f64({.2, .3, .5}, {3});
  Tensor t = tensor({{0, 1, 2, -100}, {2, 2, 1, 0}});
  for (Reduction r : reductions) {
    Tensor a = cross_entropy(x, t, {.weight = w, .reduction = r});
    Tensor b = nll_loss(log_softmax(u, 1), t, {.weight = w, .reduction = r});
    EXPECT_TRUE(equal(a, b));
    const Tensor du = grad({b}, {u}, {ones_like(b)})[0];
    expect_close(grad({a}, {x}, {ones_like(a)})[0], du.to_vector<double>(), 1e-15);
  }
}

TEST(CrossEntropy, TakesItsLogBeforeAnythingUnderflows) {  // SEMANTICS [1]
  expect_loss(tensor({{0.f, -104.f}}), tensor({1}), {}, {104}, {1, -1}, 2e-6);
  expect_loss(f64({1000, 0, -1000}, {1, 3}), tensor({2}), {}, {2000}, {1, 0, -1});
}

TEST(CrossEntropy, ANanRowSpoilsNoOther) {  // SEMANTICS [2]
  Tensor x = f64({nan, 1, 0, 0, -inf, -inf}, {3, 2});
  expect_loss(x, tensor({0, 1, 0}), {.reduction = Reduction::none}, {nan, std::log(2), nan},
              {nan, nan, .5, -.5, nan, nan});
}

TEST(CrossEntropy, OfOneClassIsZero) {  // SEMANTICS [4]
  expect_loss(f64({3, -1}, {2, 1}), tensor({0, 0}), {}, {0}, {0, 0});
}

TEST(CrossEntropy, RefusesIndicesOutsideTheClassesOnEveryPath) {  // SEMANTICS [5]
  const std::int64_t bad[] = {3, -1, std::int64_t{1} << 40, std::numeric_limits<std::int64_t>::min()};
  for (std::int64_t v : bad) {
    const std::string line = " = " + std::to_string(v) + " is outside [0, 3)";
    for (Reduction r : reductions) {
      for (double e : {0.0, 0.1}) {
        for (const Tensor& w : {Tensor(), ones({3})}) {
          const CrossEntropyOptions o{.weight = w, .reduction = r, .label_smoothing = e};
          auto loss = [o](const Shape& x, const Tensor& t) { return [o, x, t] { cross_entropy(zeros(x), t, o); }; };
          expect_error<IndexError>(loss({3}, tensor(v)), "cross_entropy: target" + line);
          expect_error<IndexError>(loss({2, 3}, tensor({std::int64_t{0}, v})), "target[1]" + line);
          expect_error<IndexError>(loss({1, 3, 2}, tensor({{std::int64_t{2}, v}})), "target[0, 1]" + line);
          Tensor t = zeros({2, 1, 3}, {.dtype = int64});
          t[1] = tensor({{std::int64_t{1}, std::int64_t{-100}, v}});
          expect_error<IndexError>(loss({2, 3, 1, 3}, t), "target[1, 0, 2]" + line);
        }
      }
    }
  }
}

TEST(CrossEntropy, NamesTheFirstBadTargetInOneLine) {  // SEMANTICS [5]
  auto message = [](const Tensor& t, const CrossEntropyOptions& options = {}) -> std::string {
    try {
      cross_entropy(zeros({5, 10}), t, options);
    } catch (const IndexError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message(tensor({0, 9, -100, 12, 13})), "cross_entropy: target[3] = 12 is outside [0, 10)");
  EXPECT_EQ(message(tensor({0, -1, 2, 3, 4})),
            "cross_entropy: target[1] = -1 is outside [0, 10); to ignore such "
            "positions pass {.ignore_index = -1}");
  EXPECT_EQ(message(tensor({0, -1, 2, 3, 4}), {.ignore_index = -1}), "no error");
}

TEST(CrossEntropy, TakesEveryIntegerDtype) {
  for (DType dtype : {uint8, int32, int64}) {
    expect_close(cross_entropy(X, tensor({1, 0}, {.dtype = dtype})), {1.9076059644443806}, 1e-12);
  }
}

TEST(CrossEntropy, OfIgnoredPositionsOnlyIsNanInTheMeanAndZeroOtherwise) {  // SEMANTICS [6]
  Tensor t = tensor({-100, -100});
  const Numbers zero(6, 0.0);
  for (double e : {0.0, 0.3}) {
    expect_loss(X, t, {.reduction = Reduction::mean, .label_smoothing = e}, {nan}, zero, 0);
    expect_loss(X, t, {.reduction = Reduction::sum, .label_smoothing = e}, {0}, zero, 0);
    expect_loss(X, t, {.reduction = Reduction::none, .label_smoothing = e}, {0, 0}, zero, 0);
  }
}

TEST(CrossEntropy, OfAnEmptyBatchIsNanZeroAndEmpty) {  // SEMANTICS [6]
  for (const Tensor& t : {zeros({0}, {.dtype = int64}), zeros({0, 3}, {.dtype = float64})}) {
    Tensor x = zeros({0, 3}, {.dtype = float64});
    expect_loss(x, t, {.reduction = Reduction::mean}, {nan}, {});
    expect_loss(x, t, {.reduction = Reduction::sum}, {0}, {});
    expect_loss(x, t, {.reduction = Reduction::none}, {}, {});
  }
  expect_loss(zeros({2, 3, 0}), zeros({2, 0}, {.dtype = int64}), {}, {nan}, {});
}

TEST(CrossEntropy, LeavesIgnoredRowsOutOfSumAndDenominator) {  // SEMANTICS [7]
  expect_loss(f64({0, 0, 0, 0}, {2, 2}), tensor({0, -100}), {}, {0.6931471805599453}, {-.5, .5, 0, 0});
  Tensor x = f64({1, 2, 3, .4}, {2, 2}), t = tensor({-100, 1}), w = f64({.2, .3}, {2});
  const double g = 0.8820138866623757;
  expect_loss(x, t, {.weight = w, .label_smoothing = .1}, {2.540450613768209}, {0, 0, g, -g});
  expect_loss(x, t, {.weight = w, .reduction = Reduction::none, .label_smoothing = .1}, {0, 0.7621351841304626},
              {0, 0, .3 * g, -.3 * g});
  const double e = .2 / 3;
  expect_loss(f64({1, 2, 3, 3, 1, 0}, {2, 3}), tensor({0, -100}), {.label_smoothing = .2}, {2.2076059644443804},
              {p123[0] - .8 - e, p123[1] - e, p123[2] - e, 0, 0, 0});
}

TEST(CrossEntropy, WeighsTheSmoothedClassesToo) {  // SEMANTICS [8]; its gradient is among those of problems()
  for (DType dtype : {float32, float64}) {
    const Numbers none = {0.9558754543098033, 0.5398866004114227};
    expect_close(loss_of(case8, Reduction::none, dtype), none, tolerance(dtype));
    expect_close(loss_of(case8, Reduction::mean, dtype), {0.49858735157374195}, tolerance(dtype));
  }
}

TEST(CrossEntropy, FullSmoothingIgnoresTheTarget) {  // SEMANTICS [9]
  Numbers g;
  for (int i = 0; i < 6; ++i) g.push_back((p123[static_cast<std::size_t>(i % 3)] - 1. / 3) / 2);
  expect_loss(X, tensor({0, 1}), {.label_smoothing = 1}, {1.4076059644443804}, g);
  expect_loss(X, tensor({2, 0}), {.label_smoothing = 1}, {1.4076059644443804}, g);
}

TEST(CrossEntropy, StaysRightAtTheEndsOfTheFloats) {  // SEMANTICS [10]
  expect_loss(f64({1e4, 0}, {1, 2}), tensor({1}), {}, {1e4}, {1, -1});
  expect_loss(tensor({{3e38f, -3e38f}}), tensor({1}), {}, {inf}, {1, -1});
  Tensor x = f64({-inf, 0}, {1, 2});
  expect_loss(x, tensor({1}), {}, {0}, {0, 0});
  expect_loss(x, tensor({0}), {}, {inf}, {-1, 1});
  expect_loss(x, tensor({1}), {.label_smoothing = .1}, {inf}, {-.05, .05});
}

TEST(CrossEntropy, NeverLooksAtAnIgnoredRow) {  // SEMANTICS [11]
  Tensor x = f64({nan, inf, -inf, 0, 0, 0}, {2, 3});
  for (double e : {0.0, 0.3}) {
    expect_loss(x, tensor({-100, 1}), {.label_smoothing = e}, {std::log(3)},
                {0, 0, 0, 1. / 3 - e / 3, 1. / 3 - (1 - e) - e / 3, 1. / 3 - e / 3});
  }
}

TEST(CrossEntropy, SecondDerivativesDoNotLookAtAnIgnoredRowEither) {  // SEMANTICS [11]
  Tensor x = leaf({nan, inf, 1, 0}, {2, 2}), scale = leaf({2}, {});
  Tensor y = cross_entropy(x, tensor({-100, 1}), {.reduction = Reduction::sum}) * scale;
  Tensor g = grad({y}, {x}, {tensor(1.0, {.dtype = float64})}, {.create_graph = true})[0];
  std::vector<Tensor> h = grad({g}, {x, scale}, {f64({1, 1, 1, 0}, {2, 2})});
  const double p = 1 / (1 + std::exp(-1.));
  expect_close(h[0], {0, 0, 2 * p * (1 - p), -2 * p * (1 - p)}, 1e-12);
  expect_close(h[1], {p}, 1e-12);
}

TEST(CrossEntropy, IgnoreIndexMayBeAClass) {  // SEMANTICS [12]
  expect_loss(X, tensor({1, 2}), {.ignore_index = 1}, {0.4076059644443804}, {0, 0, 0, p123[0], p123[1], p123[2] - 1});
}

TEST(CrossEntropy, OfWeightsThatAreAllZeroHasNoGradient) {  // SEMANTICS [13]
  Tensor w = zeros({3}, {.dtype = float64}), x = f64({1, 2, 3, nan, -inf, 0}, {2, 3});
  const Numbers zero(6, 0.0);
  for (double e : {0.0, 0.3}) {
    const Tensor t = tensor({0, 1});
    expect_loss(x, t, {.weight = w, .label_smoothing = e}, {nan}, zero, 0);
    expect_loss(x, t, {.weight = w, .reduction = Reduction::sum, .label_smoothing = e}, {0}, zero, 0);
  }
}

TEST(CrossEntropy, OfTargetsThatWeighNothingIsNaNWithoutGradient) {  // SEMANTICS [13]
  const Tensor w = f64({0, 1, 1}, {3}), t = tensor({0, -100});
  for (double e : {0.0, 0.3}) expect_loss(X, t, {.weight = w, .label_smoothing = e}, {nan}, Numbers(6, 0.0), 0);
}

TEST(CrossEntropy, AClassOfWeightZeroCountsForNothingWhateverItsLogit) {
  Tensor w = f64({0, 1, 1}, {3});
  expect_loss(f64({-inf, 0, 0}, {1, 3}), tensor({1}), {.weight = w, .label_smoothing = .3}, {std::log(2) * .9},
              {0, .45 - .8, .45 - .1});
}

TEST(CrossEntropy, OfUniformLogitsIsTheLogOfTheClasses) {  // SEMANTICS [14]
  Tensor x = full({4, 10}, 7.5, {.dtype = float64});
  expect_close(cross_entropy(x, tensor({0, 3, 9, 5})), {2.302585092994046}, 1e-15);
}

TEST(CrossEntropy, ABatchIsTheCombinationOfItsRows) {  // SEMANTICS [15]
  Tensor x = leaf(first(12), {4, 3}), t = tensor({2, 0, 1, 0}), w = f64({.2, .3, .5}, {3});
  Tensor none = cross_entropy(x, t, {.weight = w, .reduction = Reduction::none, .label_smoothing = .1});
  for (std::int64_t i = 0; i < 4; ++i) {
    Tensor xi = tensor(Numbers(wave.begin() + 3 * i, wave.begin() + 3 * i + 3), {3});
    Tensor ti = tensor(t.to_vector<std::int64_t>()[static_cast<std::size_t>(i)]);
    expect_close(cross_entropy(xi, ti, {.weight = w, .reduction = Reduction::sum, .label_smoothing = .1}),
                 {none.to_vector<double>()[static_cast<std::size_t>(i)]}, 1e-15);
  }
}

TEST(CrossEntropy, AddingIgnoredRowsChangesNothing) {  // SEMANTICS [15]
  for (Reduction r : {Reduction::mean, Reduction::sum}) {
    Tensor x = leaf(first(6), {2, 3}), longer = leaf(first(12), {4, 3});
    Tensor a = cross_entropy(x, tensor({2, 0}), {.reduction = r});
    Tensor b = cross_entropy(longer, tensor({2, 0, -100, -100}), {.reduction = r});
    EXPECT_TRUE(equal(a, b));
    Numbers g = grad({a}, {x})[0].to_vector<double>();
    g.resize(12);
    expect_close(grad({b}, {longer})[0], g);
  }
}

TEST(CrossEntropy, TheMeanOverProbabilitiesDividesByPositions) {  // SEMANTICS [16]
  Tensor x = f64({2, -1, -1, 2}, {2, 2}), t = f64({1, 0, 0, 1}, {2, 2}), w = f64({1, 2}, {2});
  expect_close(cross_entropy(x, t, {.weight = w, .label_smoothing = .3}), {0.7478810273606129}, 1e-12);
  expect_close(cross_entropy(zeros({2, 2, 3}), full({2, 2, 3}, .5)), {std::log(2)}, 2e-6);
}

TEST(CrossEntropy, ProbabilitiesNeedNotBeNormalised) {  // SEMANTICS [16]
  const double g = 2.9051482536448665;
  expect_loss(f64({2, -1}, {1, 2}), f64({-1, 3}, {1, 2}), {}, {9.097174703147484}, {g, -g});
}

TEST(CrossEntropy, AProbabilityOfZeroCountsForNothingWhateverTheLogit) {  // SEMANTICS [16]
  expect_loss(f64({-inf, 0}, {1, 2}), f64({0, 1}, {1, 2}), {}, {0}, {0, 0});
  expect_loss(f64({nan, 1, 0, 0}, {2, 2}), f64({0, 0, 0, 0}, {2, 2}), {}, {0}, {0, 0, 0, 0}, 0);
}

TEST(CrossEntropy, GivesProbabilitiesTheGradientOfTheirCoefficients) {
  Tensor x = f64({-inf, 0, 1, 1}, {2, 2}), w = f64({0, 2}, {2});
  Tensor t = leaf({.5, .5, 0, 1}, {2, 2});
  Tensor y = cross_entropy(x, t, {.weight = w, .label_smoothing = .5});
  const Numbers expected = {0, 0, 0, std::log(2) / 2};  // -s w (1 - e) lp; 0 for the class of weight 0
  expect_close(grad({y}, {t}, {ones_like(y)}, {.create_graph = true})[0], expected, 1e-15);
  expect_close(grad({y}, {t})[0], expected, 1e-15);
}

TEST(CrossEntropy, IsOneOpOnTheTape) {
  Tensor y = cross_entropy(X.clone().requires_grad_(), tensor({0, 1}), {.label_smoothing = .1});
  ASSERT_EQ(Tape::of(y).size(), 1U);
  EXPECT_EQ(Tape::of(y).entries()[0].op, "cross_entropy");
  EXPECT_FALSE(cross_entropy(X, tensor({0, 1})).requires_grad());
}

TEST(CrossEntropy, LeavesNoLiveNode) {
  {
    Tensor x = X.clone().requires_grad_();
    Tensor y = cross_entropy(x, tensor({0, 1}));
    Tensor g = grad({y}, {x}, {ones_like(y)}, {.create_graph = true})[0];
    (g * g).sum().backward();
  }
  EXPECT_EQ(autograd::live_nodes(), 0);
}

TEST(CrossEntropy, KeepsItsOwnIndices) {
  Tensor x = X.clone().requires_grad_(), t = tensor({1, 0});
  Tensor y = cross_entropy(x, t);
  t.fill_(2);
  y.backward();
  Tensor u = X.clone().requires_grad_();
  cross_entropy(u, tensor({1, 0})).backward();
  EXPECT_TRUE(equal(x.grad(), u.grad()));
}

TEST(CrossEntropy, NoticesProbabilitiesAndWeightsChangedBeforeBackward) {
  Tensor x = X.clone().requires_grad_(), t = full({2, 3}, .3, {.dtype = float64}), w = f64({1, 1, 1}, {3});
  Tensor a = cross_entropy(x, t), b = cross_entropy(x, tensor({1, 0}), {.weight = w});
  t.fill_(1);
  w.fill_(2);
  expect_error<GradError>([&] { a.backward(); }, "cross_entropy", "modified in place");
  expect_error<GradError>([&] { b.backward(); }, "cross_entropy", "modified in place");
}

}  // namespace
}  // namespace xtape
