#include <gtest/gtest.h>

#include <cstdint>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/xtape.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::cube;
using testing::expect_close;
using testing::expect_error;
using testing::indices;
using testing::Tensors;

XTAPE_OP_CASES(index_select) {
  auto choose = [](std::int64_t dim) { return [dim](Args x) { return index_select(x[0], dim, x[1]); }; };
  cases.add("index_select", "along 0", {any({4, 3}), indices({5}, {3, 0, 0, 2, 3})},
            "torch.index_select(x[0], 0, x[1])", choose(0));
  cases.add("index_select", "along 1", {any({2, 3, 2}), indices({2}, {2, 1})}, "torch.index_select(x[0], 1, x[1])",
            choose(1));
  cases.add("index_select", "of repeated slices", {any({2, 3, 4}), indices({3}, {1, 0, 1})}, [](Args x) {
    return Tensors{index_select(x[0], 0, x[1]), index_select(x[0], 1, x[1]), index_select(x[0], -1, x[1])};
  });
  cases.add("index_select", "of 0-dim", {any({}), indices({1}, {0})}, choose(0));
  cases.add("index_select", "of nothing", {any({4, 3}), indices({0}, {})}, "torch.index_select(x[0], 0, x[1])",
            choose(0));
}

TEST(IndexSelect, TakesSlicesInTheOrderOfTheIndex) {
  Tensor x = arange(6).reshape({3, 2});
  expect_close(index_select(x, 0, tensor({2, 0, 2})), {4, 5, 0, 1, 4, 5});
  Tensor y = index_select(x, -1, tensor({1, 1, 0}));
  EXPECT_EQ(y.shape(), (Shape{3, 3}));
  expect_close(y, {1, 1, 0, 3, 3, 2, 5, 5, 4});
  expect_close(index_select(cube(), 1, tensor({2})), {8, 9, 10, 11, 20, 21, 22, 23});
}

TEST(IndexSelect, TakesEveryIntegerDtype) {
  for (DType dtype : {uint8, int32, int64}) {
    expect_close(index_select(tensor({5.f, 6.f, 7.f}), 0, tensor({2, 1}, {.dtype = dtype})), {7, 6});
  }
}

TEST(IndexSelect, WorksForEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    Tensor y = index_select(tensor({{0, 1}, {1, 0}}, {.dtype = dtype}), 1, tensor({1}));
    EXPECT_EQ(y.dtype(), dtype);
    expect_close(y, {1, 0});
  }
}

TEST(IndexSelect, OfNothingIsEmpty) {
  Tensor none = empty({0}, {.dtype = int64});
  EXPECT_EQ(index_select(zeros({3, 2}), 0, none).shape(), (Shape{0, 2}));
  EXPECT_EQ(index_select(zeros({0, 2}), 0, none).shape(), (Shape{0, 2}));
  EXPECT_EQ(index_select(zeros({3, 0}), 0, tensor({1, 1})).shape(), (Shape{2, 0}));
}

TEST(IndexSelect, TakesAScalarIndexAsOneSlice) {
  EXPECT_EQ(index_select(zeros({3, 2}), 0, tensor(1)).shape(), (Shape{1, 2}));
}

TEST(IndexSelect, OfAScalarIsTheScalar) {
  for (const Tensor& index : {tensor({0}), tensor(0)}) {
    Tensor x = tensor(5.f, {.requires_grad = true}), y = index_select(x, -1, index);
    EXPECT_EQ(y.shape(), Shape{});
    EXPECT_EQ(y.item<float>(), 5);
    (y * 3).backward();
    expect_close(x.grad(), {3});
  }
}

TEST(IndexSelect, AddsTheGradientsOfASliceTakenTwice) {
  Tensor x = zeros({3}, {.requires_grad = true});
  index_select(x, 0, tensor({2, 0, 2})).backward(tensor({1.f, 2.f, 4.f}));
  expect_close(x.grad(), {2, 0, 5});
}

TEST(IndexSelect, KeepsTheDigitsOfASliceTakenAMillionTimes) {
  const Tensor index = ones({1'000'000}, {.dtype = int64});
  for (DType dtype : {float32, float64}) {
    const double tolerance = dtype == float32 ? 1e-7 : 1e-14;
    Tensor x = zeros({3}, {.dtype = dtype, .requires_grad = true});
    index_select(x, 0, index).backward(full({1'000'000}, 0.1, {.dtype = dtype}));
    expect_close(x.grad(), {0, 1e5, 0}, tolerance);
    Tensor z = zeros({2, 2}, {.dtype = dtype, .requires_grad = true});
    index_select(z, 1, index).backward(full({2, 1'000'000}, 0.1, {.dtype = dtype}));
    expect_close(z.grad(), {0, 1e5, 0, 1e5}, tolerance);
  }
}

/// For each way that the sum may go: few or many places, short or long rows, one place met often or none twice.
TEST(IndexSelect, SumsGradientsAsExactlyAsSum) {
  for (std::int64_t places : {3, 50, 2000}) {
    for (std::int64_t n : {1, 3, 8, 40}) {
      for (std::int64_t met : {0, 1, 1500}) {
        Tensor x = zeros({2, places, n}, {.dtype = float32, .requires_grad = true});
        const Tensor index = cat({arange(places), full({met}, 1)});
        const Tensor gy = full({2, places + met, n}, 0.1);
        index_select(x, 1, index).backward(gy);
        Tensor expected = full({2, places, n}, 0.1);
        for (int o : {0, 1}) expected[o][1].copy_(gy[o].narrow(0, 0, met + 1).sum(0));
        EXPECT_TRUE(equal(x.grad(), expected)) << places << " places, rows of " << n << ", one met " << met + 1;
      }
    }
  }
}

TEST(IndexSelect, NoticesAnIndexModifiedBeforeBackward) {
  Tensor x = zeros({3}, {.requires_grad = true}), index = tensor({2, 0});
  Tensor y = index_select(x, 0, index);
  index.fill_(1);
  expect_error<GradError>([&] { y.sum().backward(); }, "index_select", "modified in place");
}

TEST(IndexSelect, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: index_select: index[1] = 2 is outside [0, 2)",
       [] { ones({2, 3}).index_select(0, tensor({0, 2})); }},
      {"DTypeError: index_select: expected an integer dtype, got float32",
       [] { ones({2, 3}).index_select(0, ones({2})); }},
      {"ShapeError: index_select: the index must be 1-D, got (1, 1); use gather?",
       [] { ones({2, 3}).index_select(0, tensor({{0}})); }},
      {"IndexError: index_select: index[2] = -1 is outside [0, 2)",
       [] { index_select(zeros({3, 2}), 1, tensor({0, 1, -1})); }},
      {"IndexError: index_select: index[0] = 1099511627776 is outside [0, 3)",
       [] { index_select(zeros({3, 2}), 0, tensor({1LL << 40})); }},
      {"IndexError: index_select: index[0] = -9223372036854775808 is outside [0, 3)",
       [] { index_select(zeros({3, 2}), 0, tensor({INT64_MIN})); }},
      {"DTypeError: index_select: expected an integer dtype, got bool_",
       [] { index_select(zeros({3, 2}), 0, tensor({true})); }},
      {"ShapeError: index_select: a 0-dim tensor takes an index of one element, got (2)",
       [] { index_select(tensor(1.0), 0, tensor({0, 0})); }},
      {"IndexError: index_select: index[0] = 1 is outside [0, 1)", [] { index_select(tensor(1.0), 0, tensor({1})); }},
      {"IndexError: index_select: dim 1 is outside [-1, 1)", [] { index_select(tensor(1.0), 1, tensor({0})); }},
      {"IndexError: index_select: dim 2 is outside [-2, 2)", [] { index_select(zeros({3, 2}), 2, tensor({0})); }},
      {"ValueError: index_select: the tensor is undefined; has backward run?",
       [] { index_select(zeros({3, 2}), 0, Tensor()); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
