// The parts of a loss: for any partition of a batch, sums and denominators give the whole batch's mean and gradient.
#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;

/// A loss of (input, target) and its parts.
struct Loss {
  std::string name;
  std::function<Tensor(const Tensor&, const Tensor&)> mean;
  std::function<LossParts(const Tensor&, const Tensor&)> parts;
};

/// Cut points that divide n rows into chunks, some of them empty.
std::vector<std::int64_t> random_cuts(std::int64_t n, std::mt19937& random) {
  std::vector<std::int64_t> cuts = {0, n};
  const auto count = std::uniform_int_distribution<int>(0, 6)(random);
  for (int i = 0; i < count; ++i) cuts.push_back(std::uniform_int_distribution<std::int64_t>(0, n)(random));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

/// Compares value and gradient of the mean, accumulated chunk by chunk in two ways, with those of the whole batch.
void expect_exact_over_partitions(const Loss& loss, const Tensor& data, const Tensor& target) {
  SCOPED_TRACE(loss.name);
  const Tensor whole = data.clone().requires_grad_();
  const Tensor mean = loss.mean(whole, target);
  mean.backward();
  const std::vector<double> gradient = whole.grad().to_vector<double>();
  const double denominator = loss.parts(data, target).denominator;
  std::mt19937 random(7);
  for (int trial = 0; trial < 20; ++trial) {
    const Tensor x = data.clone().requires_grad_();
    const std::vector<std::int64_t> cuts = random_cuts(data.size(0), random);
    double value = 0, total = 0;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const std::int64_t length = cuts[i + 1] - cuts[i];
      const LossParts parts = loss.parts(narrow(x, 0, cuts[i], length), narrow(target, 0, cuts[i], length));
      value += parts.sum.item<double>();
      total += parts.denominator;
      (parts.sum / denominator).backward();
    }
    EXPECT_NEAR(total, denominator, 1e-12 * denominator);
    expect_close(tensor({value / total}, {.dtype = float64}), {mean.item<double>()}, 1e-12);
    expect_close(x.grad(), gradient, 1e-12);
  }
}

/// Class indices of which some, and all in the first four rows, are ignored.
Tensor masked_classes(const Shape& shape, std::int64_t classes) {
  Tensor t = randint(0, classes, shape);
  t = where(rand(shape) < 0.3, -100, t);
  narrow(t, 0, 0, 4).fill_(-100);
  return t;
}

Loss cross_entropy_with(const CrossEntropyOptions& options) {
  const std::string name = "cross_entropy, smoothing " + std::to_string(options.label_smoothing) +
                           (options.weight.defined() ? ", weighted" : "");
  return {name, [options](const Tensor& x, const Tensor& t) { return cross_entropy(x, t, options); },
          [options](const Tensor& x, const Tensor& t) { return cross_entropy_parts(x, t, options); }};
}

TEST(LossParts, AddUpToTheFullBatchForClassIndices) {
  manual_seed(1);
  const Tensor w = rand({5}, {.dtype = float64}) + 0.1;
  w[0] = 0.0;  // with smoothing a row of this class adds to the sum, but not to the denominator
  for (const Shape& beyond : {Shape{}, Shape{3}, Shape{2, 2}}) {
    Shape shape = {24, 5}, positions = {24};
    for (std::int64_t extent : beyond) {
      shape.push_back(extent);
      positions.push_back(extent);
    }
    const Tensor x = randn(shape, {.dtype = float64}), t = masked_classes(positions, 5);
    for (const Tensor& weight : {Tensor(), w}) {
      for (double e : {0.0, 0.2}) {
        expect_exact_over_partitions(cross_entropy_with({.weight = weight, .label_smoothing = e}), x, t);
      }
      const NLLOptions options{.weight = weight};
      expect_exact_over_partitions(
          {"nll_loss", [options](const Tensor& lp, const Tensor& y) { return nll_loss(lp, y, options); },
           [options](const Tensor& lp, const Tensor& y) { return nll_loss_parts(lp, y, options); }},
          log_softmax(x, 1), t);
    }
  }
}

TEST(LossParts, AddUpToTheFullBatchForProbabilities) {
  manual_seed(2);
  const Tensor w = rand({5}, {.dtype = float64});
  for (const Shape& shape : {Shape{24, 5}, Shape{24, 5, 3}}) {
    const Tensor x = randn(shape, {.dtype = float64}), t = softmax(randn(shape, {.dtype = float64}), 1);
    for (const Tensor& weight : {Tensor(), w}) {
      for (double e : {0.0, 0.2}) {
        expect_exact_over_partitions(cross_entropy_with({.weight = weight, .label_smoothing = e}), x, t);
      }
    }
  }
}

TEST(LossParts, AddUpToTheFullBatchForLossesOfElements) {
  manual_seed(3);
  const Tensor x = randn({24, 3}, {.dtype = float64}), t = softmax(randn({24, 3}, {.dtype = float64}), 1);
  expect_exact_over_partitions({"mse_loss", [](const Tensor& u, const Tensor& v) { return mse_loss(u, v); },
                                [](const Tensor& u, const Tensor& v) { return mse_loss_parts(u, v); }},
                               x, t);
  const BCEWithLogitsOptions bce{.weight = rand({3}, {.dtype = float64}), .pos_weight = rand({3}, {.dtype = float64})};
  expect_exact_over_partitions(
      {"bce", [bce](const Tensor& u, const Tensor& v) { return binary_cross_entropy_with_logits(u, v, bce); },
       [bce](const Tensor& u, const Tensor& v) { return binary_cross_entropy_with_logits_parts(u, v, bce); }},
      x, t);
  expect_exact_over_partitions({"l1_loss", [](const Tensor& u, const Tensor& v) { return l1_loss(u, v); },
                                [](const Tensor& u, const Tensor& v) { return l1_loss_parts(u, v); }},
                               x, t);
  const SmoothL1Options smooth{.beta = 0.4};
  expect_exact_over_partitions(
      {"smooth_l1_loss", [smooth](const Tensor& u, const Tensor& v) { return smooth_l1_loss(u, v, smooth); },
       [smooth](const Tensor& u, const Tensor& v) { return smooth_l1_loss_parts(u, v, smooth); }},
      x, t);
  const HuberOptions huber{.delta = 0.4};
  expect_exact_over_partitions(
      {"huber_loss", [huber](const Tensor& u, const Tensor& v) { return huber_loss(u, v, huber); },
       [huber](const Tensor& u, const Tensor& v) { return huber_loss_parts(u, v, huber); }},
      x, t);
  const BCEOptions weighted{.weight = bce.weight};
  expect_exact_over_partitions(
      {"binary_cross_entropy",
       [weighted](const Tensor& u, const Tensor& v) { return binary_cross_entropy(u, v, weighted); },
       [weighted](const Tensor& u, const Tensor& v) { return binary_cross_entropy_parts(u, v, weighted); }},
      sigmoid(x), t);
  for (Reduction r : {Reduction::mean, Reduction::batchmean}) {
    const KLDivOptions kl{.reduction = r};
    expect_exact_over_partitions({"kl_div", [kl](const Tensor& u, const Tensor& v) { return kl_div(u, v, kl); },
                                  [kl](const Tensor& u, const Tensor& v) { return kl_div_parts(u, v, kl); }},
                                 log_softmax(x, 1), t);
  }
}

TEST(LossParts, OfAWhollyIgnoredChunkAreZeroWithoutAGradient) {
  Tensor x = randn({2, 3}, {.requires_grad = true});
  const LossParts parts = cross_entropy_parts(x, tensor({-100, -100}), {.label_smoothing = 0.1});
  EXPECT_EQ(parts.denominator, 0);
  expect_close(parts.sum, {0});
  parts.sum.backward();
  expect_close(x.grad(), {0, 0, 0, 0, 0, 0});
}

TEST(LossParts, OfTargetsOfWeightZeroKeepTheirSmoothing) {
  const Tensor w = tensor({0.0, 1.0, 1.0}, {.dtype = float64}), x = zeros({2, 3}, {.dtype = float64});
  const LossParts parts = cross_entropy_parts(x, tensor({0, 0}), {.weight = w, .label_smoothing = 0.3});
  expect_close(parts.sum, {0.4 * std::log(3)}, 1e-15);
  EXPECT_EQ(parts.denominator, 0);
  const CrossEntropyOptions sum{.weight = w, .reduction = Reduction::sum, .label_smoothing = 0.3};
  EXPECT_TRUE(equal(cross_entropy(x, tensor({0, 0}), sum), parts.sum));
}

TEST(LossParts, HaveTheExactDenominatorInFloat32) {
  const std::int64_t n = (1 << 24) + 3;  // float32 counts only to 2^24
  const LossParts parts = nll_loss_parts(zeros({n, 1}), zeros({n}, {.dtype = uint8}));
  EXPECT_EQ(parts.denominator, static_cast<double>(n));
  const Tensor w = tensor({0.1f, 3.0f});
  EXPECT_EQ(cross_entropy_parts(zeros({3, 2}), tensor({0, 1, 0}), {.weight = w}).denominator, 3 + 2 * double{0.1f});
}

TEST(LossParts, DoNotDependOnTheReduction) {
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {0.5, 0.0, 1.0}}), t = tensor({2, -100}), p = softmax(x, 1);
  for (Reduction r : {Reduction::none, Reduction::sum, Reduction::mean}) {
    EXPECT_EQ(cross_entropy_parts(x, t, {.reduction = r}).denominator, 1);
    expect_close(cross_entropy_parts(x, t, {.reduction = r}).sum, {0.4076059644443804}, 1e-6);
    EXPECT_EQ(cross_entropy_parts(x, p, {.reduction = r}).denominator, 2);
    EXPECT_EQ(nll_loss_parts(x, t, {.reduction = r}).denominator, 1);
    EXPECT_EQ(mse_loss_parts(x, p, {.reduction = r}).denominator, 6);
    EXPECT_EQ(kl_div_parts(x, p, {.reduction = r}).denominator, 6);
  }
  EXPECT_EQ(kl_div_parts(x, p, {.reduction = Reduction::batchmean}).denominator, 2);
}

TEST(LossParts, WeighBatchesByTheirSamples) {  // SEMANTICS [32]
  auto batch = [](std::int64_t n, double loss) {
    return mse_loss_parts(full({n}, std::sqrt(loss), {.dtype = float64}), zeros({n}, {.dtype = float64}));
  };
  const std::vector<LossParts> epoch{batch(5, 1.2), batch(3, 1.3)};
  double sum = 0, denominator = 0;
  for (const LossParts& parts : epoch) {
    sum += parts.sum.item<double>();
    denominator += parts.denominator;
  }
  EXPECT_NEAR(sum / denominator, 1.2375, 1e-15);
}

}  // namespace
}  // namespace xtape
