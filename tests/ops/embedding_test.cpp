#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::indices;
using testing::Input;
using testing::leaf;

XTAPE_OP_CASES(embedding) {
  const Input index = indices({2, 3}, {3, 0, 0, 2, 3, 1});
  cases.add("embedding", "", {index, any({4, 3})}, "F.embedding(x[0], x[1])",
            [](Args x) { return embedding(x[0], x[1]); });
  cases
      .add("embedding", "with padding", {index, any({4, 3})},
           "F.embedding(x[0], x[1], padding_idx=0) * F.embedding(x[0], x[1]).detach()",
           [](Args x) { return embedding(x[0], x[1], 0) * embedding(x[0], x[1]).detach(); })
      .smooth = false;  // differences change the padding row too
}

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

TEST(Embedding, KeepsTheDigitsOfARowThatIsUsedAMillionTimes) {
  for (DType dtype : {float32, float64}) {
    Tensor w = zeros({2, 3}, {.dtype = dtype, .requires_grad = true});
    const Tensor y = embedding(zeros({1'000'000}, {.dtype = int64}), w);
    y.backward(full(y.shape(), 0.1, {.dtype = dtype}));
    expect_close(w.grad(), {1e5, 1e5, 1e5, 0, 0, 0}, dtype == float32 ? 1e-7 : 1e-10);
  }
}

TEST(Embedding, GivesThePaddingRowNoGradientWhateverTheUpstreamGradient) {
  Tensor w = leaf(rows, {3, 2});
  for (std::int64_t padding : {2, -1}) {
    const Tensor y = embedding(tensor({2, 0, 2}), w, padding);
    expect_close(y, {5, 6, 1, 2, 5, 6});
    expect_close(gradient(y, w, {NAN, INFINITY, 3, 4, 1, 1}), {3, 4, 0, 0, 0, 0});
  }
}

TEST(Embedding, ThePaddingRowHasNoSecondDerivativeEither) {
  Tensor w = leaf(rows, {3, 2}), scale = leaf({2, 1, 1, 1, 1, 1}, {3, 2});
  const Tensor y = embedding(tensor({0, 2, 1}), w, 0) * scale;
  const Tensor g = grad({y}, {w}, {ones({3, 2}, {.dtype = float64})}, {.create_graph = true})[0];
  expect_close(gradient(g, scale, {1, 2, 3, 4, 5, 6}), {0, 0, 5, 6, 3, 4});
}

TEST(Embedding, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: embedding: index[1] = 4 is outside [0, 4)", [] { embedding(tensor({0, 4}), ones({4, 2})); }},
      {"DTypeError: embedding: expected an integer dtype, got float32", [] { embedding(ones({2}), ones({4, 2})); }},
      {"DTypeError: embedding: the indices are float32 and the weight is int64; the indices come first",
       [] { embedding(ones({4, 2}), tensor({0, 1})); }},
      {"IndexError: embedding: padding_idx 4 is outside [-4, 4)", [] { embedding(tensor({0}), ones({4, 2}), 4); }},
      {"IndexError: embedding: index[1, 0] = 3 is outside [0, 3)",
       [] { embedding(tensor({{0, 1}, {3, 2}}), ones({3, 2})); }},
      {"IndexError: embedding: index[0] = -1 is outside [0, 3)", [] { embedding(tensor({-1}), ones({3, 2})); }},
      {"IndexError: embedding: padding_idx -4 is outside [-3, 3)", [] { embedding(tensor({0}), ones({3, 2}), -4); }},
      {"ShapeError: embedding: expected a weight (n, d), got (3)", [] { embedding(tensor({1}), ones({3})); }},
      {"ValueError: embedding: the tensor is undefined; has backward run?", [] { embedding(tensor({1}), Tensor()); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
