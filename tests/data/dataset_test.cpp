#include "xtape/data/dataset.hpp"

#include "support/expect.hpp"

namespace xtape::data {
namespace {

using testing::expect_close;
using testing::expect_error;
using Indices = std::vector<std::int64_t>;

TensorDataset pairs() { return TensorDataset(tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}), tensor({10, 20, 30})); }

TEST(TensorDataset, GivesTheSamplesAskedForInOrder) {
  auto [x, y] = pairs().batch(Indices{2, 0, 2});
  EXPECT_EQ(x.shape(), (Shape{3, 2}));
  expect_close(x, {5, 6, 1, 2, 5, 6});
  expect_close(y, {30, 10, 30});
  EXPECT_EQ(y.dtype(), int64);
}

TEST(TensorDataset, ABatchIsAFreshTensor) {
  const TensorDataset dataset = pairs();
  Batch batch = dataset.batch(Indices{0, 1, 2});
  batch.x.zero_();
  expect_close(dataset.batch(Indices{0}).x, {1, 2});
}

TEST(TensorDataset, ABatchHasNoHistory) {
  const TensorDataset dataset(ones({2, 2}, {.requires_grad = true}), tensor({0, 1}));
  EXPECT_FALSE(dataset.batch(Indices{0}).x.requires_grad());
}

TEST(TensorDataset, TakesAnyDtypeAndEmptyExtents) {
  const TensorDataset dataset(zeros({3, 0}, {.dtype = bool_}), zeros({3, 2, 2}, {.dtype = float64}));
  auto [x, y] = dataset.batch(Indices{1, 1});
  EXPECT_EQ(x.shape(), (Shape{2, 0}));
  EXPECT_EQ(y.shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(dataset.batch({}).y.shape(), (Shape{0, 2, 2}));
}

TEST(TensorDataset, RefusesDifferentCounts) {
  expect_error<ShapeError>([] { TensorDataset(zeros({3, 2}), zeros({2})); }, "x (3, 2) and y (2)");
  expect_error<ShapeError>([] { TensorDataset(tensor(1.f), tensor(1)); }, "TensorDataset", "()");
  expect_error<ValueError>([] { TensorDataset(zeros({3}), Tensor()); }, "undefined");
}

TEST(TensorDataset, RefusesIndicesOutside) {
  expect_error<IndexError>([] { pairs().batch(Indices{0, 3}); }, "sample 3 is outside [0, 3)");
  expect_error<IndexError>([] { pairs().batch(Indices{-1}); }, "sample -1");
}

/// A user's dataset: two members, no base class.
struct Squares {
  std::int64_t n;
  std::int64_t size() const { return n; }
  Batch batch(std::span<const std::int64_t> indices) const {
    Tensor x = tensor(indices, {static_cast<std::int64_t>(indices.size())});
    return {x, x * x};
  }
};

TEST(Dataset, HoldsAnyTypeWithSizeAndBatch) {
  const Dataset dataset = Squares{5};
  EXPECT_EQ(dataset.size(), 5);
  expect_close(dataset.batch(Indices{3, 4}).y, {9, 16});
  static_assert(!BatchSource<int> && !std::convertible_to<int, Dataset> && BatchSource<Dataset>);
}

struct Counted {
  std::shared_ptr<int> alive;
  std::int64_t size() const { return alive.use_count(); }
  Batch batch(std::span<const std::int64_t>) const { return {}; }
};

TEST(Dataset, CopiesShareIt) {
  const Dataset dataset = Counted{std::make_shared<int>()};
  const Dataset copy = dataset;
  EXPECT_EQ(copy.size(), 1);
}

TEST(Dataset, GivesOneSampleWithoutDim0) {
  const Dataset dataset = pairs();
  auto [x, y] = dataset[1];
  EXPECT_EQ(x.shape(), (Shape{2}));
  EXPECT_EQ(y.shape(), Shape{});
  expect_close(x, {3, 4});
  EXPECT_EQ(y.item<std::int64_t>(), 20);
  expect_error<IndexError>([&] { dataset[3]; }, "sample 3");
}

TEST(Subset, MapsItsIndices) {
  const Subset subset(pairs(), {2, 0});
  EXPECT_EQ(subset.size(), 2);
  expect_close(subset.batch(Indices{0, 1}).y, {30, 10});
  const Subset inner(subset, {1});
  expect_close(inner.batch(Indices{0}).y, {10});
}

TEST(Subset, RefusesIndicesOutside) {
  expect_error<IndexError>([] { Subset(pairs(), {0, 3}); }, "Subset: sample 3 is outside [0, 3)");
  expect_error<IndexError>([] { Subset(pairs(), {0, 1}).batch(Indices{2}); }, "sample 2 is outside [0, 2)");
}

TEST(ImageDataset, GivesBytesOver255) {
  const Tensor images = tensor({{{0, 51}, {102, 255}}, {{1, 2}, {3, 254}}}, {.dtype = uint8});
  const ImageDataset dataset(images, tensor({1, 0}), {"a", "b"});
  auto [x, y] = dataset.batch(Indices{1, 0});
  EXPECT_EQ(x.dtype(), float32);
  EXPECT_EQ(x.shape(), (Shape{2, 1, 2, 2}));
  const std::vector<float> expected = {1 / 255.f, 2 / 255.f, 3 / 255.f, 254 / 255.f, 0, 0.2f, 0.4f, 1};
  EXPECT_EQ(x.to_vector<float>(), expected);
  EXPECT_EQ(y.dtype(), int64);
  expect_close(y, {0, 1});
}

TEST(ImageDataset, KeepsBytes) {
  const Tensor images = zeros({2, 3, 4, 5}, {.dtype = uint8}), labels = tensor({0, 0}, {.dtype = uint8});
  const ImageDataset dataset(images, labels, {"all"});
  EXPECT_EQ(dataset.images().dtype(), uint8);
  EXPECT_EQ(dataset.labels().dtype(), int64);
  EXPECT_EQ(dataset.classes(), std::vector<std::string>{"all"});
  EXPECT_EQ(dataset.batch(Indices{1}).x.shape(), (Shape{1, 3, 4, 5}));
}

TEST(ImageDataset, RefusesWhatDoesNotFit) {
  const Tensor images = zeros({2, 3, 3}, {.dtype = uint8}), flat = zeros({2}, {.dtype = uint8});
  expect_error<IndexError>([&] { ImageDataset(images, tensor({0, 2}), {"a", "b"}); }, "labels[1] = 2 is out");
  expect_error<IndexError>([&] { ImageDataset(images, tensor({-1, 0}), {"a", "b"}); }, "labels[0] = -1");
  expect_error<ShapeError>([&] { ImageDataset(images, tensor({0}), {"a"}); }, "labels (2)", "got (1)");
  expect_error<ShapeError>([&] { ImageDataset(flat, tensor({0, 0}), {"a"}); }, "expected images (N, H, W)");
  expect_error<DTypeError>([] { ImageDataset(zeros({1, 2, 2}), tensor({0}), {"a"}); }, "uint8", "float32");
  expect_error<DTypeError>([&] { ImageDataset(images, zeros({2}), {"a"}); }, "integer");
}

TEST(Targets, AreTheDatasetsOwnWhereItHasThem) {
  expect_close(Dataset(pairs()).targets(), {10, 20, 30});
  expect_close(Dataset(pairs()).targets(Indices{2, 2}), {30, 30});
  expect_close(Subset(pairs(), {2, 0}).targets(), {30, 10});
  const ImageDataset images(zeros({2, 1, 1}, uint8), tensor({1, 0}), {"a", "b"});
  expect_close(Dataset(images).targets(), {1, 0});
}

TEST(Targets, ComeFromTheBatchesOtherwise) {
  const Dataset squares = Squares{600};  // more than one batch
  const Tensor y = squares.targets();
  EXPECT_TRUE(equal(y, arange(600) * arange(600)));
  expect_close(squares.targets(Indices{3, 599}), {9, 599.0 * 599});
  expect_close(Subset(squares, {5, 4}).targets(), {25, 16});
  EXPECT_EQ(Dataset(Squares{0}).targets().shape(), (Shape{0}));
}

TEST(Targets, RefusesMoreOrFewerThanSamples) {
  struct Wrong {
    std::int64_t size() const { return 3; }
    Batch batch(std::span<const std::int64_t>) const { return {}; }
    Tensor targets() const { return zeros({2}); }
  };
  expect_error<ShapeError>([] { Dataset(Wrong()).targets(); },
                           "Dataset: targets() has shape (2), but there are 3 samples");
}

TEST(ConcatDataset, IsOneDatasetAfterTheOther) {
  const ConcatDataset all({pairs(), Subset(pairs(), {}), Subset(pairs(), {1})});
  EXPECT_EQ(all.size(), 4);
  expect_close(all.targets(), {10, 20, 30, 20});
  auto [x, y] = all.batch(Indices{3, 0, 3, 2});
  expect_close(x, {3, 4, 1, 2, 3, 4, 5, 6});
  expect_close(y, {20, 10, 20, 30});
  expect_close(all.batch(Indices{1, 0}).y, {20, 10});
  EXPECT_EQ(all.batch({}).x.shape(), (Shape{0, 2}));
}

TEST(ConcatDataset, RefusesWhatDoesNotFitTogether) {
  expect_error<ValueError>([] { ConcatDataset({}); }, "ConcatDataset: the list of datasets is empty");
  expect_error<IndexError>([] { ConcatDataset({pairs(), pairs()}).batch(Indices{6}); }, "sample 6 is outside [0, 6)");
  const ConcatDataset shapes({pairs(), TensorDataset(zeros({1, 3}), tensor({1}))});
  expect_error<ShapeError>(
      [&] {
        shapes.batch(Indices{0, 3});
      },
      "ConcatDataset: datasets 0 and 1 have samples of different shapes: batches (1, 2) and (1, 3)");
  expect_close(shapes.batch(Indices{3}).x, {0, 0, 0});
  const ConcatDataset dtypes({pairs(), TensorDataset(zeros({1, 2}), tensor({1.f}))});
  expect_error<DTypeError>([&] { dtypes.targets(); },
                           "ConcatDataset: datasets 0 and 1 have different dtypes: int64 and float32");
}

/// A user's mistake: one target, however many samples.
struct OneTarget {
  std::int64_t size() const { return 4; }
  Batch batch(std::span<const std::int64_t> indices) const {
    return {ones({static_cast<std::int64_t>(indices.size()), 2}), zeros({1}, int64)};
  }
};

TEST(Dataset, RefusesABatchOfMoreOrFewerSamples) {
  const Dataset wrong = OneTarget();
  const std::string error = "Dataset: batch() gives targets y for 3 samples: shape (1)";
  expect_error<ShapeError>([&] { wrong.batch(Indices{0, 1, 2}); }, error);
  expect_error<ShapeError>([&] { Subset(wrong, {0, 1, 2, 3}).batch(Indices{0, 1, 2}); }, error);
  expect_error<ShapeError>([&] { wrong.targets(); }, "Dataset: batch() gives targets y for 4 samples: shape (1)");
  expect_error<ShapeError>([&] { ConcatDataset({pairs(), wrong}).batch(Indices{0, 3, 4, 5}); }, error);
  struct None : OneTarget {
    Batch batch(std::span<const std::int64_t>) const { return {}; }
  };
  expect_error<ShapeError>([] { Dataset(None()).batch(Indices{0}); },
                           "Dataset: batch() gives inputs x for 1 samples: an undefined tensor");
}

}  // namespace
}  // namespace xtape::data
