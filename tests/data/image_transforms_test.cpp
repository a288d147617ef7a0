#include <algorithm>
#include <cmath>

#include "support/expect.hpp"
#include "xtape/data/transforms.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using Numbers = std::vector<double>;

/// 1, 2, ... as images.
Tensor counting(const Shape& shape) { return arange(shape.numel(), {.dtype = float32}).reshape(shape) + 1; }

/// The share of the elements that are not 0.
double share(const Tensor& mask) { return (mask != 0).to(float64).mean().item(); }

// ---- what all have in common -------------------------------------------------------------------------------------

std::vector<Transform> all_random() {
  return {RandomShift(1), RandomHorizontalFlip(), RandomRotation(90), RandomErasing(),
          RandomErasing(1, {.random = true})};
}

TEST(Transforms, KeepShapeAndDtypeAndTheInput) {
  for (const Transform& t : all_random()) {
    EXPECT_TRUE(t.is_random());
    for (const Shape& shape : {Shape{5, 2, 4, 3}, Shape{5, 4, 3}, Shape{0, 1, 4, 3}, Shape{2, 1, 0, 3}}) {
      for (const DType dtype : {float32, float64}) {
        const Tensor x = counting(shape).to(dtype), before = x.clone(), y = t(x);
        EXPECT_EQ(y.shape(), shape);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_TRUE(equal(x, before));
      }
    }
  }
}

TEST(Transforms, GiveTheSameForTheSameGenerator) {
  const Tensor x = rand({20, 1, 6, 6});
  for (const Transform& t : all_random()) {
    Generator a(3), b(3), c(4);
    const Tensor first = t(x, a), again = t(x, b);
    EXPECT_TRUE(equal(first, again));
    EXPECT_FALSE(equal(t(x, c), first));
    EXPECT_FALSE(equal(t(x, a), first)) << "the generator did not go on";
    manual_seed(3);
    EXPECT_TRUE(equal(t(x), first)) << "not the default generator";
  }
}

// Image i of a batch gets what it gets whatever images 0 ... i - 1 are.
TEST(Transforms, TreatEachImageByItself) {
  const Tensor x = rand({20, 2, 6, 6}), other = x.clone();
  other[3].zero_();
  for (const Transform& t : all_random()) {
    Generator a(5), b(5);
    const Tensor y = t(x, a), z = t(other, b);
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(i == 3 || equal(y[i], z[i]));
    }
  }
}

TEST(Transforms, GiveTheSameOnSeveralThreads) {
  const Tensor x = rand({64, 3, 40, 40});
  for (const Transform& t : all_random()) {
    Generator a(5), b(5);
    const Tensor y = t(x, a);
    set_num_threads(3);
    EXPECT_TRUE(equal(t(x, b), y));
    set_num_threads(1);
  }
}

TEST(Transforms, TakeOneImageAsTorchvisionDoesAndABatchOfPlanes) {
  const Tensor x = counting({3, 2, 4});
  const RandomHorizontalFlip flip(1);
  EXPECT_TRUE(equal(flip(x), flip(x.unsqueeze(0))[0]));
  // Three channels of one image move alike, three images of a batch do not.
  const RandomShift shift(1);
  const auto moved_alike = [](const Tensor& y) { return equal(y[0] != 0, y[1] != 0) && equal(y[0] != 0, y[2] != 0); };
  int alike = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Generator a(seed), b(seed);
    EXPECT_TRUE(moved_alike(shift(x, a)));
    alike += moved_alike(shift(Batch{x, {}}, b).x);
  }
  EXPECT_LT(alike, 10);
}

TEST(Transforms, RefuseWhatIsNoImage) {
  const RandomShift shift(1);
  expect_error<ShapeError>(
      [&] {
        shift(zeros({64, 784}));
      },
      "RandomShift: expected images (B, C, H, W) or one image (C, H, W), got (64, 784); reshape it first?");
  expect_error<ShapeError>(
      [&] {
        shift(Batch{zeros({64, 784}), {}});
      },
      "RandomShift: expected images (B, C, H, W) or (B, H, W), got (64, 784); reshape it first?");
  expect_error<ShapeError>([&] { shift.deterministic(zeros({2})); }, "RandomShift: expected images");
  expect_error<DTypeError>(
      [] {
        RandomHorizontalFlip()(zeros({1, 2, 2}, uint8));
      },
      "RandomHorizontalFlip: expected a floating dtype, got uint8; convert it with .to(float32), images with "
      ".to(float32) / 255");
  expect_error<ValueError>([] { RandomRotation(3)(Tensor()); }, "RandomRotation: ", "undefined");
  expect_error<GradError>(
      [] {
        Normalize(0, 1)(zeros({1, 2, 2}, {.requires_grad = true}));
      },
      "Normalize: x requires grad, but transforms are not recorded; use x.detach()");
  NoGradGuard no_grad;
  EXPECT_FALSE(Normalize(0, 1)(zeros({1, 2, 2}, {.requires_grad = true})).requires_grad());
}

// ---- Normalize ---------------------------------------------------------------------------------------------------

TEST(Normalize, SubtractsTheMeanAndDividesByTheStandardDeviation) {
  const Tensor x = counting({1, 2, 1, 2});
  expect_close(Normalize(1, 2)(x), {0, 0.5, 1, 1.5});
  expect_close(Normalize({1, 3}, {2, 4})(x), {0, 0.5, 0, 0.25});
  expect_close(Normalize(1, {1, 2})(x[0]), {0, 1, 1, 1.5});
  expect_close(Normalize(std::vector<double>{1, 2}, 1)(Batch{x, {}}).x, {0, 1, 1, 2});
  EXPECT_FALSE(Normalize(0, 1).is_random());
}

TEST(Normalize, RoundsAsTorchDoes) {
  const float x = 0.3f, mean = 0.1307f, std = 0.3081f;
  EXPECT_EQ(Normalize(0.1307, 0.3081)(full({1, 1, 1}, x)).item<float>(), (x - mean) / std);
  EXPECT_EQ(Normalize(0.1307, 0.3081)(full({1, 1, 1}, 0.3, float64)).item(), (0.3 - 0.1307) / 0.3081);
}

TEST(Normalize, RefusesNumbersThatDoNotFit) {
  expect_error<ValueError>([] { Normalize(0, 0); }, "Normalize: std has the number 0, it must be above 0");
  expect_error<ValueError>([] { Normalize(0, {1, -2}); }, "Normalize: std has the number -2, it must be above 0");
  expect_error<ValueError>([] { Normalize(INFINITY, 1); }, "Normalize: mean has the number inf, which is not finite");
  expect_error<ValueError>([] { Normalize(0, NAN); }, "Normalize: std has the number nan, which is not finite");
  expect_error<ValueError>(
      [] {
        Normalize({1, 2}, {1, 2, 3});
      },
      "Normalize: mean has 2 numbers, std 3; give one for each channel");
  expect_error<ValueError>([] { Normalize(std::vector<double>{}, 1); },
                           "PerChannel: there must be one number, or one for each channel; got none");
  expect_error<ShapeError>(
      [] {
        Normalize({1, 2, 3}, 1)(zeros({1, 2, 2}));
      },
      "Normalize: mean has 3 numbers, the images have 1 channels");
}

// ---- RandomShift, RandomHorizontalFlip ---------------------------------------------------------------------------

TEST(RandomShift, MovesToEachPlaceEquallyOften) {
  Tensor dot = zeros({1, 1, 5, 5});
  dot.data<float>()[12] = 1;  // in the middle
  Generator generator(1);
  const Tensor y = RandomShift(2)(expand(dot, {25000, 1, 5, 5}), generator);
  const std::vector<double> counts = y.sum(0).to(float64).to_vector<double>();
  for (double count : counts) EXPECT_NEAR(count, 1000, 4 * std::sqrt(1000 * 24 / 25.0));
}

TEST(RandomShift, BringsInZerosAndMayLeaveNothing) {
  EXPECT_TRUE(equal(RandomShift(0)(counting({2, 1, 3, 3})), counting({2, 1, 3, 3})));
  Generator generator(2);
  const Tensor y = RandomShift(1)(ones({9000, 1, 1, 1}), generator);  // one of nine places is in the picture
  EXPECT_NEAR(share(y), 1 / 9.0, 4 * std::sqrt(8 / 81.0 / 9000));
  EXPECT_EQ(share(RandomShift(INT64_MAX)(ones({100, 1, 3, 3}))), 0);
}

TEST(RandomHorizontalFlip, FlipsWithItsProbability) {
  const Tensor x = tensor({1.f, 0.f}).reshape({1, 1, 1, 2}), many = expand(x, {10000, 1, 1, 2});
  expect_close(RandomHorizontalFlip(1)(x), {0, 1});
  expect_close(RandomHorizontalFlip(0)(x), {1, 0});
  Generator generator(3);
  EXPECT_EQ(RandomHorizontalFlip(1)(many, generator).sum(0).to_vector<float>()[1], 10000);
  EXPECT_EQ(RandomHorizontalFlip(0)(many, generator).sum(0).to_vector<float>()[1], 0);
  for (const double p : {0.5, 0.1}) {
    const double flipped = RandomHorizontalFlip(p)(many, generator).sum(0).to_vector<float>()[1] / 10000;
    EXPECT_NEAR(flipped, p, 4 * std::sqrt(p * (1 - p) / 10000));
  }
}

// ---- RandomRotation ----------------------------------------------------------------------------------------------

/// The angles, in degrees, by which `count` images are rotated. To the right of the center of two ramps are then the
/// angle's cosine and sine.
Numbers angles(const RandomRotation& rotation, std::int64_t count) {
  const Tensor ramps =
      tensor({{{-1., 0., 1.}, {-1., 0., 1.}, {-1., 0., 1.}}, {{-1., -1., -1.}, {0., 0., 0.}, {1., 1., 1.}}}, float64);
  Generator generator(4);
  const Tensor y = rotation(expand(ramps.unsqueeze(0), {count, 2, 3, 3}), generator);
  Numbers all;
  for (std::int64_t i = 0; i < count; ++i) {
    const double* at = y.data<double>() + i * 18;
    all.push_back(std::atan2(at[9 + 5], at[5]) * 180 / M_PI);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(RandomRotation, DrawsTheAngleUniformly) {
  const Numbers a = angles(RandomRotation(40, {.interpolation = Interpolation::bilinear}), 4000);
  EXPECT_GE(a.front(), -40);
  EXPECT_LE(a.back(), 40);
  for (const double quantile : {0.02, 0.25, 0.5, 0.75, 0.98}) {
    const double expected = -40 + 80 * quantile, sigma = 80 * std::sqrt(quantile * (1 - quantile) / 4000);
    EXPECT_NEAR(a[static_cast<std::size_t>(4000 * quantile)], expected, 4 * sigma);
  }
  const Numbers b = angles(RandomRotation({10, 30}, {.interpolation = Interpolation::bilinear}), 1000);
  EXPECT_GE(b.front(), 10);
  EXPECT_LT(b.front(), 11);
  EXPECT_GT(b.back(), 29);
  EXPECT_LE(b.back(), 30);
}

TEST(RandomRotation, LeavesThePictureByNoAngle) {
  const Tensor x = counting({3, 2, 5, 4});
  for (const Interpolation i : {Interpolation::nearest, Interpolation::bilinear}) {
    EXPECT_TRUE(equal(RandomRotation(0, {.interpolation = i})(x), x));
    EXPECT_TRUE(equal(RandomRotation({360, 360}, {.interpolation = i})(x), x));
    expect_close(RandomRotation({180, 180}, {.interpolation = i})(counting({1, 2, 2})), {4, 3, 2, 1});
    expect_close(RandomRotation({90, 90}, {.interpolation = i})(counting({1, 2, 2})), {2, 4, 1, 3});
    EXPECT_EQ(RandomRotation(180, {.interpolation = i})(full({7, 1, 1}, 5.f)).to_vector<float>(),
              std::vector<float>(7, 5.f));
  }
}

TEST(RandomRotation, FillsTheCornersOfEachChannel) {
  const Tensor y = RandomRotation({45, 45}, {.fill = {7, 8}})(ones({2, 5, 5}));
  EXPECT_EQ(y[0].to_vector<float>()[0], 7);
  EXPECT_EQ(y[1].to_vector<float>()[0], 8);
  EXPECT_EQ(y[1].to_vector<float>()[12], 1);
  EXPECT_EQ(RandomRotation({45, 45})(ones({1, 5, 5})).to_vector<float>()[0], 0);
}

TEST(RandomRotation, RefusesNumbersThatDoNotFit) {
  expect_error<ValueError>([] { RandomRotation(-1); }, "RandomRotation: degrees is -1, it must not be negative");
  expect_error<ValueError>([] { RandomRotation({3, 2}); }, "RandomRotation: degrees is [3, 2], it must ascend");
  expect_error<ValueError>([] { RandomRotation{NAN}; },
                           "RandomRotation: degrees has the number nan, which is not finite");
  expect_error<ValueError>([] { RandomRotation(2e9); }, "RandomRotation: degrees is [-2000000000, 2000000000], beyond");
  expect_error<ShapeError>(
      [] {
        RandomRotation(1, {.fill = {1, 2}})(zeros({1, 2, 2}));
      },
      "RandomRotation: fill has 2 numbers, the images have 1 channels");
}

// ---- RandomErasing -----------------------------------------------------------------------------------------------

struct Erased {
  std::int64_t top, left, height, width;
};

/// The rectangle of zeros in a picture of ones; empty if there is none.
Erased erased(const float* x, std::int64_t height, std::int64_t width) {
  Erased e{height, width, 0, 0};
  std::int64_t bottom = 0, right = 0, count = 0;
  for (std::int64_t i = 0; i < height; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      if (x[i * width + j] != 0) continue;
      e = {std::min(e.top, i), std::min(e.left, j), 0, 0};
      bottom = std::max(bottom, i + 1);
      right = std::max(right, j + 1);
      ++count;
    }
  }
  if (count == 0) return {};
  e.height = bottom - e.top;
  e.width = right - e.left;
  EXPECT_EQ(e.height * e.width, count) << "no rectangle";
  return e;
}

TEST(RandomErasing, ErasesARectangleOfTheGivenAreaAndRatio) {
  constexpr std::int64_t count = 4000, side = 40;
  Generator generator(6);
  const Tensor y = RandomErasing(1, {.scale = {0.1, 0.3}, .ratio = {0.5, 2}})(ones({count, 1, side, side}), generator);
  double area = 0, log_ratio = 0;
  std::int64_t top = 0, touching = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Erased e = erased(y.data<float>() + i * side * side, side, side);
    const double h = static_cast<double>(e.height), w = static_cast<double>(e.width);
    // Within the rounding of both sides.
    EXPECT_GE((h + 0.5) * (w + 0.5), 0.1 * side * side);
    EXPECT_LE((h - 0.5) * (w - 0.5), 0.3 * side * side);
    EXPECT_GE((h + 0.5) / (w - 0.5), 0.5);
    EXPECT_LE((h - 0.5) / (w + 0.5), 2);
    area += h * w / (side * side * count);
    log_ratio += std::log(h / w) / count;
    top += e.top == 0;
    touching += e.top + e.height == side;
  }
  EXPECT_NEAR(area, 0.2, 4 * 0.2 / std::sqrt(12.0 * count));
  EXPECT_NEAR(log_ratio, 0, 4 * std::log(4) / std::sqrt(12.0 * count));
  EXPECT_NEAR(static_cast<double>(top), static_cast<double>(touching), 60);  // about 180 each
  EXPECT_GT(top, 100);
}

TEST(RandomErasing, ErasesWithItsProbability) {
  const Tensor x = ones({5000, 1, 8, 8});
  const auto share_erased = [&x](double p) {
    Generator generator(7);
    return 1 - share(RandomErasing(p)(x, generator).reshape({5000, 64}).min(1).values);
  };
  EXPECT_EQ(share_erased(0), 0);
  EXPECT_NEAR(share_erased(0.5), 0.5, 0.04);
  EXPECT_GT(share_erased(1), 0.98);  // torchvision's gives up after ten rectangles that are too large
}

TEST(RandomErasing, ErasesEachChannelWithItsValueOrNoise) {
  const RandomErasingOptions all_but_the_rim = {.scale = {0.81, 0.81}, .ratio = {1, 1}};  // 9 x 9 of 10 x 10
  RandomErasingOptions options = all_but_the_rim;
  options.value = {5, 6};
  const Tensor y = RandomErasing(1, options)(zeros({2, 10, 10}));
  expect_close(y.sum({1, 2}), {5 * 81, 6 * 81});
  options.random = true;
  Generator generator(8);
  const Tensor noise = RandomErasing(1, options)(zeros({100, 2, 10, 10}), generator);
  EXPECT_NEAR(noise.sum().item() / (100 * 2 * 81), 0, 4 / std::sqrt(100 * 2 * 81.0));
  EXPECT_NEAR((noise * noise).sum().item() / (100 * 2 * 81), 1, 4 * std::sqrt(2 / (100 * 2 * 81.0)));
  EXPECT_FALSE(equal(noise[0][0], noise[0][1]));
  EXPECT_FALSE(equal(noise[0], noise[1]));
}

TEST(RandomErasing, LeavesAPictureThatIsTooSmall) {
  EXPECT_EQ(share(RandomErasing(1)(ones({50, 1, 1, 1}))), 1);
  EXPECT_EQ(share(RandomErasing(1, {.scale = {1, 1}, .ratio = {1, 1}})(ones({3, 1, 4, 4}))), 1);
  EXPECT_EQ(share(RandomErasing(1, {.scale = {0, 0}})(ones({3, 1, 4, 4}))), 1);
}

TEST(RandomErasing, RefusesNumbersThatDoNotFit) {
  expect_error<ValueError>([] { RandomErasing(1.5); }, "RandomErasing: p is 1.5, it must lie in [0, 1]");
  expect_error<ValueError>([] { RandomHorizontalFlip(-0.1); },
                           "RandomHorizontalFlip: p is -0.1, it must lie in [0, 1]");
  expect_error<ValueError>([] { RandomHorizontalFlip{NAN}; }, "RandomHorizontalFlip: p is nan");
  expect_error<ValueError>([] { RandomShift(-2); }, "RandomShift: pixels is -2, it must not be negative");
  expect_error<ValueError>(
      [] {
        RandomErasing(1, {.scale = {0.5, 0.2}});
      },
      "RandomErasing: scale is [0.5, 0.2], it must ascend");
  expect_error<ValueError>(
      [] {
        RandomErasing(1, {.scale = {0, 1.5}});
      },
      "RandomErasing: scale is [0, 1.5], it must lie in [0, 1]");
  expect_error<ValueError>(
      [] {
        RandomErasing(1, {.ratio = {0, 1}});
      },
      "RandomErasing: ratio begins with 0, it must be above 0");
  expect_error<ValueError>([] { RandomErasing(1, {.value = NAN}); },
                           "RandomErasing: value has the number nan, which is not finite");
  expect_error<ShapeError>(
      [] {
        RandomErasing(0, {.value = {1, 2}})(zeros({1, 2, 2}));
      },
      "RandomErasing: value has 2 numbers, the images have 1 channels");
}

}  // namespace
}  // namespace xtape::data
