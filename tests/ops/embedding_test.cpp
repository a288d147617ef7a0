#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

const std::vector<double> rows = {1, 2, 3, 4, 5, 6};

TEST(Embedding, LooksUpRowsByIndicesOfAnyShape) {
  const Tensor w = leaf(rows, {3, 2});
  const Tensor y = embedding(tensor({{2, 0, 2}}), w);
  EXPECT_EQ(y.shape(), (Shape{1, 3, 2}));
  expect_close(y, {5, 6, 1, 2, 5, 6});
  EXPECT_EQ(embedding(tensor(1), w).shape(), Shape{2});
  EXPECT_EQ(embedding(zeros({0, 4}, {.dtype = int32}), w).shape(), (Shape{0, 4, 2}));
  EXPECT_EQ(Tape::of(y).entries()[0].op, "embedding");
}

TEST(Embedding, AddsUpTheGradientsOfARow) {
  Tensor w = leaf(rows, {3, 2});
  const Tensor y = embedding(tensor({2, 0, 2}), w);
  expect_close(gradient(y, w, {1, 2, 3, 4, 10, 20}), {3, 4, 0, 0, 11, 22});
}

TEST(Embedding, GivesThePaddingRowNoGradientWhateverArrives) {
  Tensor w = leaf(rows, {3, 2});
  for (std::int64_t padding : {2, -1}) {
    const Tensor y = embedding(tensor({2, 0, 2}), w, padding);
    expect_close(y, {5, 6, 1, 2, 5, 6});
    expect_close(gradient(y, w, {NAN, INFINITY, 3, 4, 1, 1}), {3, 4, 0, 0, 0, 0});
  }
}

TEST(Embedding, AgreesWithCentralDifferences) {
  const Tensor index = tensor({{2, 0}, {2, 1}});
  auto f = [index](const Inputs& in) { return embedding(index, in[0]); };
  testing::expect_gradients(f, {leaf(rows, {3, 2})});
  auto squared = [index](const Inputs& in) { return embedding(index, in[0]) * embedding(index, in[0]); };
  testing::expect_gradients(squared, {leaf(rows, {3, 2})});
}

TEST(Embedding, ThePaddingRowHasNoSecondDerivativeEither) {
  Tensor w = leaf(rows, {3, 2}), scale = leaf({2, 1, 1, 1, 1, 1}, {3, 2});
  const Tensor y = embedding(tensor({0, 2, 1}), w, 0) * scale;
  const Tensor g = grad({y}, {w}, {ones({3, 2}, {.dtype = float64})}, {.create_graph = true})[0];
  expect_close(gradient(g, scale, {1, 2, 3, 4, 5, 6}), {0, 0, 5, 6, 3, 4});
}

TEST(Embedding, RefusesIndicesOutsideTheRows) {
  const Tensor w = ones({3, 2});
  expect_error<IndexError>([w] { embedding(tensor({{0, 1}, {3, 2}}), w); },
                           "embedding: index[1, 0] = 3 is outside [0, 3)");
  expect_error<IndexError>([w] { embedding(tensor({-1}), w); }, "embedding: index[0] = -1 is outside [0, 3)");
  expect_error<IndexError>([w] { embedding(tensor({0}), w, 3); }, "embedding: padding_idx 3 is outside [-3, 3)");
  expect_error<IndexError>([w] { embedding(tensor({0}), w, -4); }, "embedding: padding_idx -4");
}

TEST(Embedding, RefusesOtherDtypesAndRanks) {
  expect_error<DTypeError>([] { embedding(tensor({1.5f}), ones({3, 2})); },
                           "embedding: expected an integer dtype, got float32");
  expect_error<ShapeError>([] { embedding(tensor({1}), ones({3})); }, "embedding: expected a weight (n, d), got (3)");
  expect_error<ValueError>([] { embedding(tensor({1}), Tensor()); }, "embedding: the tensor is undefined");
}

}  // namespace
}  // namespace xtape
