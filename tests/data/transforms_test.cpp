#include "xtape/data/transforms.hpp"

#include <algorithm>
#include <cmath>

#include "support/expect.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using Numbers = std::vector<double>;

// ---- Transform, Compose --------------------------------------------------------------------------------------------

/// 1, 2, ...
Tensor numbered(const Shape& shape) { return arange(shape.numel(), {.dtype = float32}).reshape(shape) + 1; }

struct AddNoise {  // a user's random transform
  Tensor operator()(const Tensor& x, Generator& generator) const {
    return x + rand(x.shape(), {.generator = &generator});
  }
};
Tensor doubled(const Tensor& x) { return x * 2; }

TEST(Transform, HoldsAnyTypeThatIsCalledWithABatch) {
  const Tensor x = ones({2, 3});
  const Transform noise = AddNoise(), twice = doubled, flat = [](const Tensor&t) { return t.reshape({-1}); };
  EXPECT_TRUE(noise.is_random());
  EXPECT_FALSE(twice.is_random() || flat.is_random());
  Generator a(1), b(1);
  EXPECT_TRUE(equal(noise(x, a), AddNoise()(x, b)));
  expect_close(noise.deterministic(x), Numbers(6, 1));
  expect_close(twice(x), Numbers(6, 2));
  EXPECT_EQ(flat(Batch{x, ones({2})}).x.shape(), Shape{6});
  EXPECT_EQ(flat.deterministic(Batch{x, ones({2})}).y.shape(), Shape{2});
  static_assert(!std::convertible_to<int, Transform> && std::convertible_to<Compose, Transform>);
}

TEST(Compose, AppliesOneAfterTheOther) {
  const Tensor x = numbered({1, 1, 1, 2});
  const Compose both{Normalize(1, 2), doubled};
  expect_close(both(x), {0, 1});
  expect_close(Compose{both, both}(x), {-1, 0});
  expect_close(Compose(std::vector<Transform>{doubled, RandomHorizontalFlip(1)})(x), {4, 2});
  EXPECT_TRUE(equal(Compose{}(x), x));
}

TEST(Compose, LeavesOutWhatIsRandomInEvaluation) {
  const Compose random{Normalize(0, 2), RandomHorizontalFlip(1), doubled};
  EXPECT_TRUE(random.is_random());
  EXPECT_FALSE((Compose{Normalize(0, 2), Compose{doubled}}).is_random());
  expect_close(random(numbered({1, 1, 2})), {2, 1});
  expect_close(random.deterministic(numbered({1, 1, 2})), {1, 2});
  expect_close(Compose{random}.deterministic(Batch{numbered({1, 1, 2}), {}}).x, {1, 2});
}

TEST(Compose, GivesItsTransformsNumbersOneAfterTheOther) {
  const Tensor x = rand({10, 1, 8, 8});
  Generator a(9), b(9);
  const Tensor y = RandomErasing()(RandomShift(2)(x, b), b);
  EXPECT_TRUE(equal(Compose{RandomShift(2), RandomErasing()}(x, a), y));
  EXPECT_EQ(a.state(), b.state());
}

TEST(Transform, ServesAsATransformOfATrainer) {
  const Callback<Batch(Batch, Generator&)> shift = RandomShift(1), compose = Compose{RandomShift(1)}, mix = MixUp(3);
  Generator a(2), b(2);
  const Batch batch{rand({4, 1, 3, 3}), tensor({0, 1, 2, 1})};
  EXPECT_TRUE(equal(shift(batch, a).x, compose(batch, b).x));
  EXPECT_TRUE(equal(shift(batch, a).y, batch.y));
  EXPECT_EQ(mix(batch, a).y.shape(), (Shape{4, 3}));
}

// ---- MixUp ---------------------------------------------------------------------------------------------------------

TEST(MixUp, MixesEachSampleAndItsTargetAlike) {
  Generator generator(3);
  const Tensor y = tensor({0, 1, 2, 3, 4});
  for (int k = 0; k < 20; ++k) {
    const Batch mixed = MixUp(5, 1.0)(Batch{one_hot(y, 5).to(float32), y}, generator);
    EXPECT_EQ(mixed.y.shape(), (Shape{5, 5}));
    EXPECT_EQ(mixed.y.dtype(), float32);
    EXPECT_TRUE(equal(mixed.x, mixed.y));
    expect_close(mixed.y.sum(1), Numbers(5, 1), 1e-6);
    expect_close(mixed.y.sum(0), Numbers(5, 1), 1e-6);  // each one twice: as itself, and as another's partner
  }
}

TEST(MixUp, MixesProbabilitiesAsTheyAre) {
  const Tensor p = tensor({{0.25, 0.75}, {0.5, 0.5}}, float64);
  Generator a(4), b(4);
  const Batch mixed = MixUp(2)(Batch{p, p}, a);
  EXPECT_TRUE(equal(mixed.x, mixed.y));
  const Batch of_classes = MixUp(2)(Batch{p, tensor({1, 1}, uint8)}, b);
  expect_close(of_classes.y, {0, 1, 0, 1}, 1e-15);
  EXPECT_EQ(of_classes.y.dtype(), float64);
}

/// Sorted weights of first samples that were mixed with the second.
Numbers weights(double alpha, int count) {
  Numbers all;
  Generator generator(5);
  const Batch batch{zeros({2, 1}, float64), tensor({0, 1})};
  while (static_cast<int>(all.size()) < count) {
    const Tensor y = MixUp(2, alpha)(batch, generator).y;
    if (y.data<double>()[0] != 1) all.push_back(y.data<double>()[0]);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(MixUp, DrawsTheWeightFromTheBetaDistribution) {
  constexpr int count = 4000;
  for (const double alpha : {0.3, 1.0, 4.0}) {
    double mean = 0, variance = 0;
    const Numbers all = weights(alpha, count);
    for (double v : all) mean += v / count;
    for (double v : all) variance += (v - 0.5) * (v - 0.5) / count;
    const double expected = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(mean, 0.5, 4 * std::sqrt(expected / count)) << alpha;
    EXPECT_NEAR(variance, expected, 0.05 * expected) << alpha;
  }
  const Numbers uniform = weights(1, count);
  for (std::size_t i = 0; i < count; ++i) {  // Kolmogorov and Smirnov, at 0.1 %
    ASSERT_NEAR(uniform[i], (static_cast<double>(i) + 0.5) / count, 1.95 / std::sqrt(count));
  }
}

TEST(MixUp, MixesNextToNothingForASmallAlphaAndHalvesForALargeOne) {
  for (double weight : weights(1e-5, 20)) EXPECT_TRUE(weight < 1e-3 || weight > 1 - 1e-3) << weight;
  for (double weight : weights(1e12, 20)) EXPECT_NEAR(weight, 0.5, 1e-5);
  EXPECT_NO_THROW(MixUp(2, 1e-308)(Batch{zeros({2, 1}), tensor({0, 1})}));
  EXPECT_EQ(MixUp(2)(Batch{zeros({0, 1}), zeros({0}, int64)}).y.shape(), (Shape{0, 2}));
  expect_close(MixUp(2)(Batch{full({1, 1}, 3.0), tensor({1})}).x, {3}, 1e-6);
}

TEST(MixUp, RefusesWhatDoesNotFit) {
  expect_error<ValueError>([] { MixUp(0); }, "MixUp: classes is 0, it must be above 0");
  expect_error<ValueError>([] { MixUp(2, 0); }, "MixUp: alpha is 0, it must be above 0 and finite");
  expect_error<ValueError>([] { MixUp(2, INFINITY); }, "MixUp: alpha is inf, it must be above 0 and finite");
  const Tensor x = zeros({2, 3});
  const MixUp mix(4);
  expect_error<IndexError>([&] { mix(Batch{x, tensor({0, 4})}); }, "MixUp: target[1] = 4 is outside [0, 4)");
  expect_error<IndexError>([&] { mix(Batch{x, tensor({-1, 3})}); }, "MixUp: target[0] = -1 is outside [0, 4)");
  expect_error<ShapeError>(
      [&] {
        mix(Batch{x, tensor({0, 1, 2})});
      },
      "MixUp: expected classes (2) for 2 inputs, got (3)");
  expect_error<ShapeError>([&] { mix(Batch{x, zeros({2})}); }, "MixUp: expected probabilities (2, 4), got (2)");
  expect_error<DTypeError>(
      [&] {
        mix(Batch{x, zeros({2, 4}, float64)});
      },
      "MixUp: inputs are float32, target probabilities float64; they must be alike");
  expect_error<DTypeError>([&] { mix(Batch{x, zeros({2}, bool_)}); }, "MixUp: expected an integer dtype, got bool_");
  expect_error<DTypeError>([&] { mix(Batch{zeros({2}, int64), tensor({0, 1})}); }, "MixUp: expected a floating dtype");
  expect_error<ShapeError>([&] { mix(Batch{tensor(1.f), tensor({0})}); }, "MixUp: expected a batch of inputs, got ()");
  expect_error<ValueError>([&] { mix(Batch{x, {}}); }, "MixUp: ", "undefined");
}

// ---- TransformedDataset --------------------------------------------------------------------------------------------

using Indices = std::vector<std::int64_t>;

/// Sample i is a picture whose pixels are all i + 1, with target i.
TensorDataset pictures(std::int64_t n) {
  return TensorDataset(expand(arange(n, {.dtype = float32}).reshape({n, 1, 1, 1}) + 1, {n, 1, 4, 4}), arange(n));
}

TEST(TransformedDataset, GivesASampleTheSameNumbersInEveryBatch) {
  const Dataset dataset = TransformedDataset(pictures(20), Compose{RandomShift(2), RandomErasing(1)});
  const Draw draw{3, 7};
  const Tensor all = dataset.batch(dataset.size() == 20 ? Indices{0, 1, 2, 3, 4, 5, 6, 7} : Indices{}, draw).x;
  const Batch some = dataset.batch(Indices{5, 2, 5}, draw);
  EXPECT_TRUE(equal(some.x[0], all[5]));
  EXPECT_TRUE(equal(some.x[1], all[2]));
  EXPECT_TRUE(equal(some.x[2], all[5]));
  expect_close(some.y, {5, 2, 5});
  const auto first_eight = [&](const Draw& d) { return dataset.batch(Indices{0, 1, 2, 3, 4, 5, 6, 7}, d).x; };
  EXPECT_TRUE(equal(first_eight({3, 7}), all));
  EXPECT_FALSE(equal(first_eight({3, 8}), all));
  EXPECT_FALSE(equal(first_eight({4, 7}), all));
}

TEST(TransformedDataset, DrawsOtherNumbersForEachSample) {
  const TransformedDataset dataset(pictures(500), RandomShift(2));
  Indices all(500);
  for (std::size_t i = 0; i < 500; ++i) all[i] = static_cast<std::int64_t>(i);
  const Tensor kept = (dataset.batch(all, Draw{1, 1}).x != 0).to(float64).mean(0);  // the share of each pixel
  // Rows move by -2 ... 2: a row at the rim is kept in 3 of 5 cases, one inside in 4; columns alike.
  for (const auto& [i, expected] : {std::pair{0, 9 / 25.0}, {1, 12 / 25.0}, {5, 16 / 25.0}, {15, 9 / 25.0}}) {
    EXPECT_NEAR(kept.to_vector<double>()[static_cast<std::size_t>(i)], expected, 0.09);
  }
}

TEST(TransformedDataset, LeavesOutWhatIsRandomWithoutADraw) {
  const Dataset dataset = TransformedDataset(pictures(3), Compose{RandomErasing(1), Normalize(0, 2)});
  EXPECT_TRUE(equal(dataset.batch(Indices{1, 2}).x, pictures(3).batch(Indices{1, 2}).x / 2));
  EXPECT_TRUE(equal(dataset[2].x, full({1, 4, 4}, 1.5f)));
  EXPECT_FALSE(equal(dataset.batch(Indices{1, 2}, Draw{}).x, dataset.batch(Indices{1, 2}).x));
  const Dataset evaluated = without_random_transforms(dataset);
  EXPECT_TRUE(equal(evaluated.batch(Indices{1, 2}, Draw{}).x, dataset.batch(Indices{1, 2}).x));
  expect_close(evaluated.targets(), {0, 1, 2});
}

TEST(TransformedDataset, ReachesThroughSubsetsAndConcatenations) {
  const Draw draw{5, 2};
  const Dataset dataset = TransformedDataset(pictures(6), RandomShift(3));
  EXPECT_TRUE(equal(Subset(dataset, {4, 1}).batch(Indices{1, 0}, draw).x, dataset.batch(Indices{1, 4}, draw).x));
  const Dataset twice = ConcatDataset({dataset, dataset});
  Indices first, second;
  for (std::int64_t i = 0; i < 6; ++i) first.push_back(i), second.push_back(i + 6);
  const Tensor a = twice.batch(first, draw).x, b = twice.batch(second, draw).x;
  EXPECT_FALSE(equal(a, b)) << "both copies look the same";
  EXPECT_TRUE(equal(twice.batch(Indices{7, 0, 3}, draw).x, stack({b[1], a[0], a[3]})));
  EXPECT_TRUE(equal(twice.batch(second).x, pictures(6).batch(first).x));
}

// A flip in one dataset and a flip in the one around it must not always coincide.
TEST(TransformedDataset, DrawsOtherNumbersThanTheDatasetInside) {
  const TensorDataset halves(expand(tensor({1.f, 0.f}), {1000, 1, 1, 2}), zeros({1000}));
  const Dataset twice = TransformedDataset(TransformedDataset(halves, RandomHorizontalFlip()), RandomHorizontalFlip());
  Indices all(1000);
  for (std::size_t i = 0; i < 1000; ++i) all[i] = static_cast<std::int64_t>(i);
  const double unflipped = twice.batch(all, Draw{}).x.sum(0).to_vector<float>()[0] / 1000;
  EXPECT_NEAR(unflipped, 0.5, 4 * 0.5 / std::sqrt(1000));
}

struct Undecodable {  // knows its targets, but has no inputs to give
  std::int64_t size() const { return 2; }
  Batch batch(std::span<const std::int64_t>) const { throw std::runtime_error("decoded"); }
  Tensor targets() const { return tensor({1, 0}); }
};

TEST(TransformedDataset, KnowsTheTargetsWithoutMakingInputs) {
  const Dataset dataset = TransformedDataset(Undecodable(), RandomShift(1));
  expect_close(dataset.targets(), {1, 0});
  expect_close(Subset(dataset, {1}).targets(), {0});
  expect_close(without_random_transforms(dataset).targets(), {1, 0});
}

TEST(TransformedDataset, TakesTransformsThatChangeTheShape) {
  const Transform flat = [](const Tensor& x) { return x.reshape({x.size(0), 16}); };
  const Dataset dataset = TransformedDataset(pictures(4), Compose{RandomHorizontalFlip(), flat});
  EXPECT_EQ(dataset.batch(Indices{0, 1}, Draw{}).x.shape(), (Shape{2, 16}));
  EXPECT_EQ(dataset.batch(Indices{0, 1}).x.shape(), (Shape{2, 16}));
  EXPECT_EQ(dataset.batch({}, Draw{}).x.shape(), (Shape{0, 16}));
}

struct Growing {
  Tensor operator()(const Tensor& x, Generator&) const {
    return x.data<float>()[0] > 1 ? zeros({1, 2}) : zeros({1, 3});
  }
};

TEST(TransformedDataset, RefusesSamplesThatAreNotAlike) {
  const auto batch_of = [](Transform t) { return TransformedDataset(pictures(3), t).batch(Indices{0, 1}, Draw{}); };
  expect_error<ShapeError>([&] { batch_of(Growing()); },
                           "TransformedDataset: the transform makes samples of different shapes: (1, 3) and (1, 2)");
  expect_error<DTypeError>(
      [&] {
        batch_of([](const Tensor& x, Generator&) { return zeros({1, 1}, x.data<float>()[0] > 1 ? int64 : float32); });
      },
      "TransformedDataset: the transform makes samples of different dtypes: float32 and int64");
  expect_error<ShapeError>([&] { batch_of([](const Tensor&, Generator&) {
                                   return zeros({2, 1});
                                 }); },
                           "TransformedDataset: the transform makes of one sample shape (2, 1)");
  expect_error<ShapeError>([&] { batch_of([](const Tensor&, Generator&) { return Tensor(); }); },
                           "TransformedDataset: the transform makes of one sample an undefined tensor");
}

TEST(TransformedDataset, GivesInputsWithoutHistory) {
  const TensorDataset dataset(zeros({2, 3}), tensor({0, 1}));
  const Tensor w = ones({3}, {.requires_grad = true});
  const Transform learned = [w](const Tensor& x) { return x * w; };
  EXPECT_FALSE(TransformedDataset(dataset, learned).batch(Indices{0}).x.requires_grad());
  EXPECT_FALSE(TransformedDataset(dataset, learned).batch(Indices{0}, Draw{}).x.requires_grad());
}

}  // namespace
}  // namespace xtape::data
