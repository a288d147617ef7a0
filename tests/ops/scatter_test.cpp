// Ops that write at an index: index_copy, index_add, scatter, scatter_add, and the same in place.
#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::cube;
using testing::expect_close;
using testing::expect_error;
using testing::indices;
using testing::integers;
using testing::truths;
using Tensors = std::vector<Tensor>;

// clang-format off
XTAPE_OP_CASES(index_copy) {
  cases.add("index_copy", "along 0", {any({4, 3}), indices({2}, {3, 0}), any({2, 3})}, "torch.index_copy(x[0], 0, x[1], x[2])",
            [](Args x) { return index_copy(x[0], 0, x[1], x[2]); });
  cases.add("index_copy", "along -1", {any({2, 2, 3}), indices({2}, {2, 1}), any({2, 2, 2})}, "x[0].index_copy(-1, x[1], x[2])",
            [](Args x) { return x[0].index_copy(-1, x[1], x[2]); });
  cases.add("index_copy", "edges", {any({}), indices({}, {0}), any({}), any({3}), indices({0}, {}), any({0}), integers({3}, 9), truths({3})},
            "[x[0].index_copy(0, x[1], x[2]), x[3].index_copy(0, x[1], x[2]), x[3].index_copy(0, x[4], x[5]), x[6].index_copy(0, x[1], x[6][1:2]), x[7].index_copy(0, x[1], ~x[7][:1])]", [](Args x) {
    return Tensors{x[0].index_copy(0, x[1], x[2]), x[3].index_copy(0, x[1], x[2]), x[3].index_copy(0, x[4], x[5]),
                   x[6].index_copy(0, x[1], x[6].narrow(0, 1, 1)), x[7].index_copy(0, x[1], x[7].narrow(0, 0, 1) == false)};
  });
  // PyTorch gives both sources the gradient, though only the later one is kept.
  cases.add("index_copy", "of a place met twice", {any({2, 3, 2}), indices({3}, {1, 0, 1}), any({2, 3, 2})},
            [](Args x) { return index_copy(x[0], 1, x[1], x[2]); });
}

XTAPE_OP_CASES(index_add) {
  cases.add("index_add", "along 0", {any({4, 3}), indices({3}, {3, 0, 3}), any({3, 3})}, "torch.index_add(x[0], 0, x[1], x[2])",
            [](Args x) { return index_add(x[0], 0, x[1], x[2]); });
  cases.add("index_add", "along -1", {any({2, 2, 3}), indices({2}, {2, 2}), any({2, 2, 2})}, "x[0].index_add(-1, x[1], x[2])",
            [](Args x) { return x[0].index_add(-1, x[1], x[2]); });
  cases.add("index_add", "edges", {any({}), indices({}, {0}), any({}), any({3}), indices({0}, {}), any({0}), integers({3, 2}, 9), indices({2}, {2, 2})},
            "[x[0].index_add(0, x[1], x[2]), x[3].index_add(0, x[1], x[2].view(1)), x[3].index_add(0, x[4], x[5]), x[6].index_add(0, x[7], x[6][:2]), x[6].to(torch.int32).index_add(0, x[7], x[6][:2].to(torch.int32))]", [](Args x) {
    return Tensors{x[0].index_add(0, x[1], x[2]), x[3].index_add(0, x[1], x[2].view(1)), x[3].index_add(0, x[4], x[5]),
                   x[6].index_add(0, x[7], x[6].narrow(0, 0, 2)), x[6].to(int32).index_add(0, x[7], x[6].narrow(0, 0, 2).to(int32))};
  });
}

XTAPE_OP_CASES(scatter) {
  cases.add("scatter", "along 0", {any({3, 2}), indices({2, 2}, {0, 2, 1, 0}), any({2, 2})}, "torch.scatter(x[0], 0, x[1], x[2])",
            [](Args x) { return scatter(x[0], 0, x[1], x[2]); });
  cases.add("scatter", "along 1, of a part", {any({3, 4}), indices({2, 2}, {0, 3, 1, 2}), any({3, 3})}, "[x[0].scatter(1, x[1], x[2][:2, :2]), x[0].scatter(1, x[1], 1.5)]",
            [](Args x) { return Tensors{x[0].scatter(1, x[1], x[2]), x[0].scatter(1, x[1], 1.5)}; });
  cases.add("scatter", "edges", {any({}), indices({}, {0}), any({}), any({3}), indices({0}, {}), any({2}), integers({3}, 9), truths({3})},
            "[x[0].scatter(0, x[1], x[2]), x[3].scatter(0, x[1], x[2]), x[3].scatter(0, x[4], x[5][:0]), x[6].scatter(0, x[1], 2.5), x[7].scatter(0, x[1], True), x[3].scatter(-1, x[6].clamp(0, 0), 7)]", [](Args x) {
    return Tensors{x[0].scatter(0, x[1], x[2]), x[3].scatter(0, x[1], x[2]), x[3].scatter(0, x[4], x[5]),
                   x[6].scatter(0, x[1], 2.5), x[7].scatter(0, x[1], true), x[3].scatter(-1, x[6].clamp(0, 0), 7)};
  });
  // (PyTorch has no gradient for a source that is larger than the index: its part stands for it.)
  // PyTorch gives each source the gradient, though only the last one is kept.
  cases.add("scatter", "of a place met twice", {any({2, 3}), indices({2, 3}, {1, 1, 0, 2, 2, 2}), any({2, 3})},
            [](Args x) { return scatter(x[0], 1, x[1], x[2]); });
}

XTAPE_OP_CASES(scatter_add) {
  cases.add("scatter_add", "along 0", {any({3, 2}), indices({4, 2}, {0, 2, 1, 2, 0, 2, 0, 0}), any({4, 2})}, "torch.scatter_add(x[0], 0, x[1], x[2])",
            [](Args x) { return scatter_add(x[0], 0, x[1], x[2]); });
  cases.add("scatter_add", "along 1, of a part", {any({3, 4}), indices({2, 3}, {0, 3, 0, 2, 2, 2}), any({3, 4})}, "x[0].scatter_add(1, x[1], x[2][:2, :3])",
            [](Args x) { return x[0].scatter_add(1, x[1], x[2]); });
  cases.add("scatter_add", "of classes", {any({2, 3}), indices({2, 1}, {1, 2}), any({2, 1})}, "x[0].scatter_add(-1, x[1], x[2])",
            [](Args x) { return x[0].scatter_add(-1, x[1], x[2]); });
  cases.add("scatter_add", "edges", {any({}), indices({}, {0}), any({2}), any({3}), indices({0}, {}), integers({3}, 3), integers({3}, 9)},
            "[x[0].scatter_add(0, x[1], x[0]), x[0].scatter_add(0, torch.stack([x[1], x[1]]), x[2]), x[3].scatter_add(0, x[4], x[2][:0]), x[6].scatter_add(0, x[5], x[6]), x[6].to(torch.int32).scatter_add(0, x[5], x[6].to(torch.int32))]", [](Args x) {
    return Tensors{x[0].scatter_add(0, x[1], x[0]), x[0].scatter_add(0, stack({x[1], x[1]}), x[2]), x[3].scatter_add(0, x[4], x[2]),
                   x[6].scatter_add(0, x[5], x[6]), x[6].to(int32).scatter_add(0, x[5], x[6].to(int32))};
  });
}
// clang-format on

TEST(IndexCopy, InPlaceWritesIntoTheStorage) {
  Tensor x = zeros({3, 2}), row = x[2];
  EXPECT_EQ(x.index_copy_(0, tensor({2, 0}), tensor({{1.f, 2.f}, {3.f, 4.f}})).impl(), x.impl());
  x.index_copy_(1, tensor(1), full({3, 1}, 9.f));
  expect_close(x, {3, 9, 0, 9, 1, 9});
  expect_close(row, {1, 9});
}

TEST(IndexCopy, KeepsTheLaterOfTwoSources) {
  expect_close(zeros({2}).index_copy_(0, tensor({1, 1}), tensor({1.f, 2.f})), {0, 2});
  Tensor source = tensor({1.f, 2.f, 3.f}, {.requires_grad = true});
  index_copy(zeros({2}), 0, tensor({1, 0, 1}), source).backward(tensor({10.f, 20.f}));
  expect_close(source.grad(), {0, 10, 20});
}

TEST(IndexCopy, InPlaceReadsAnOverlappingSourceFirst) {
  Tensor x = arange(4);
  x.index_copy_(0, tensor({1, 2, 3}), x.narrow(0, 0, 3));
  expect_close(x, {0, 0, 1, 2});
  x.scatter_(0, tensor({1, 2, 3}), x.narrow(0, 0, 3));
  expect_close(x, {0, 0, 0, 1});
}

TEST(IndexCopy, InPlaceReadsAnOverlappingIndexFirst) {
  Tensor x = tensor({1, 0});
  x.index_copy_(0, x, x);
  EXPECT_TRUE(equal(x, tensor({0, 1})));
  x = tensor({1, 2, 0});
  x.index_copy_(0, x, tensor({1 << 20, 1 << 21, 1 << 22}));  // none of which is a place in x
  EXPECT_TRUE(equal(x, tensor({1 << 22, 1 << 20, 1 << 21})));
}

TEST(Scatter, InPlaceReadsAnOverlappingIndexFirst) {
  Tensor x = tensor({1, 0});
  x.scatter_(0, x, x);
  EXPECT_TRUE(equal(x, tensor({0, 1})));
  x = tensor({{1, 2, 0}});
  x.scatter_(1, x, tensor({{1 << 20, 1 << 21, 1 << 22}}));
  EXPECT_TRUE(equal(x, tensor({{1 << 22, 1 << 20, 1 << 21}})));
  x = tensor({2, 1, 1});
  x.scatter_(0, x.narrow(0, 0, 2), 7);
  EXPECT_TRUE(equal(x, tensor({2, 7, 7})));
}

TEST(Scatter, InPlaceMakesOneHot) {
  const Tensor y = tensor({2, 0});
  Tensor x = zeros({2, 3});
  EXPECT_EQ(x.scatter_(1, y.unsqueeze(1), 1).impl(), x.impl());
  expect_close(x, {0, 0, 1, 1, 0, 0});
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    EXPECT_EQ(zeros({2}, {.dtype = dtype}).scatter_(0, y.narrow(0, 1, 1), 1).dtype(), dtype);
  }
}

TEST(Scatter, KeepsTheLastOfSeveralSources) {
  Tensor source = tensor({1.f, 2.f, 3.f}, {.requires_grad = true});
  Tensor x = scatter(zeros({2}), 0, tensor({1, 0, 1}), source);
  expect_close(x, {2, 3});
  x.backward(tensor({10.f, 20.f}));
  expect_close(source.grad(), {0, 10, 20});
}

TEST(ScatterAdd, InPlaceCounts) {
  const Tensor classes = tensor({1, 0, 1, 1});
  Tensor counts = zeros({3}, {.dtype = int64}), x = ones({3});
  EXPECT_EQ(counts.scatter_add_(0, classes, ones_like(classes)).impl(), counts.impl());
  counts.index_add_(0, classes, ones_like(classes));
  expect_close(counts, {2, 6, 0});
  x.scatter_add_(0, classes, tensor({1.f, 2.f, 3.f, 4.f}));
  x.index_add_(0, classes, tensor({1.f, 2.f, 3.f, 4.f}));
  expect_close(x, {5, 17, 1});
}

TEST(ScatterAdd, SumsAsExactlyAsSum) {
  const Tensor index = ones({1'000'000}, {.dtype = int64}), tenths = full({1'000'000}, 0.1f);
  const double sum = tenths.sum().item<double>();
  expect_close(zeros({3}).scatter_add_(0, index, tenths), {0, sum, 0});
  expect_close(zeros({3}).index_add_(0, index, tenths), {0, sum, 0});
  expect_close(index_add(zeros({3}), 0, index, tenths), {0, sum, 0});
}

TEST(ScatterAdd, WrapsIntegersAround) {
  Tensor x = tensor({INT64_MAX});
  EXPECT_EQ(x.scatter_add_(0, tensor({0}), tensor({1})).item<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(x.index_add_(0, tensor({0, 0}), tensor({-2, 1})).item<std::int64_t>(), INT64_MAX);
}

TEST(Scatter, NoticesAnIndexModifiedBeforeBackward) {
  Tensor source = zeros({2}, {.requires_grad = true}), index = tensor({2, 0});
  Tensor y = scatter_add(zeros({3}), 0, index, source);
  index.fill_(1);
  expect_error<GradError>([&] { y.sum().backward(); }, "scatter_add", "modified in place");
}

TEST(Scatter, RefusesWhatDoesNotFit) {
  const Tensor two = tensor({0, 2}), x = zeros({3, 2}), w = zeros({3, 2}, {.requires_grad = true});
  testing::expect_errors({
      {"ShapeError: index_copy_: an index (2) into (3, 2) along dim 0 takes a source (2, 2), got (2)",
       [=] { x.index_copy_(0, two, ones({2})); }},
      {"ShapeError: index_copy: an index () into (3) along dim 0 takes a source (1), got (2)",
       [=] { index_copy(zeros({3}), 0, tensor(1), ones({2})); }},
      {"ShapeError: index_copy: the index must be 1-D, got (1, 1); use scatter?",
       [=] {
         index_copy(x, 0, tensor({{1}}), ones({1, 2}));
       }},
      {"DTypeError: index_copy: the source is float64, the tensor float32; convert one with .to()",
       [=] {
         index_copy(x, 0, two, ones({2, 2}, {.dtype = float64}));
       }},
      {"DTypeError: index_copy: expected an integer dtype, got bool_",
       [=] {
         index_copy(x, 0, tensor({true}), ones({1, 2}));
       }},
      {"IndexError: index_copy_: index[0] = -1 is outside [0, 3)",
       [=] {
         x.index_copy_(0, tensor({-1}), ones({1, 2}));
       }},
      {"IndexError: index_copy_: index[1] = 2 is outside [0, 2)",
       [=] {
         x.index_copy_(1, two, ones({3, 2}));
       }},
      {"IndexError: index_copy: dim 2 is outside [-2, 2)",
       [=] {
         index_copy(x, 2, two, ones({2, 2}));
       }},
      {"GradError: index_copy_: in place on a leaf of shape (3, 2) that requires grad; do it under a NoGradGuard, or "
       "on "
       "a clone()",
       [=] {
         w.index_copy_(0, two, ones({2, 2}));
       }},
      {"GradError: index_copy_: an operand of shape (2, 2) requires grad, and this write would not be recorded; make a "
       "new tensor instead (x = x + y, cat, stack, where), or pass its detach()",
       [=] { x.index_copy_(0, two, w.narrow(0, 0, 2)); }},
      {"ShapeError: index_add_: an index (2) into (3, 2) along dim 0 takes a source (2, 2), got (2, 1)",
       [=] {
         x.index_add_(0, two, ones({2, 1}));
       }},
      {"GradError: index_add_: an operand of shape (2, 2) requires grad, and this write would not be recorded; make a "
       "new tensor instead (x = x + y, cat, stack, where), or pass its detach()",
       [=] { x.index_add_(0, two, w.narrow(0, 0, 2)); }},
      {"DTypeError: index_add: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [=] { index_add(zeros({2}, {.dtype = bool_}), 0, tensor({0}), ones({1}, {.dtype = bool_})); }},
      {"ShapeError: scatter_add_: the index (2) must have as many dims as the tensor (3, 2)",
       [=] { x.scatter_add_(0, two, ones({2})); }},
      {"ShapeError: scatter_add: the index (1, 3) is larger than the tensor (3, 2) in dim 1",
       [=] {
         scatter_add(x, 0, zeros({1, 3}, {.dtype = int64}), ones({1, 3}));
       }},
      {"ShapeError: scatter_add: the index (2, 2) is larger than the source (2, 1)",
       [=] {
         scatter_add(x, 0, zeros({2, 2}, {.dtype = int64}), ones({2, 1}));
       }},
      {"ShapeError: scatter_: the index (2, 2) is larger than the source (4)",
       [=] {
         x.scatter_(0, zeros({2, 2}, {.dtype = int64}), ones({4}));
       }},
      {"DTypeError: scatter: the source is int64, the tensor float32; convert one with .to()",
       [=] { scatter(zeros({3}), 0, two, two); }},
      {"IndexError: scatter_: index[0, 1] = 3 is outside [0, 3)",
       [=] {
         x.scatter_(0, tensor({{0, 3}}), 1);
       }},
      {"ValueError: scatter: 2147483648 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [=] { scatter(zeros({3}, {.dtype = int32}), 0, two, std::int64_t{1} << 31); }},
      {"GradError: scatter_: in place on a leaf of shape (3, 2) that requires grad; do it under a NoGradGuard, or on a "
       "clone()",
       [=] {
         w.scatter_(0, zeros({1, 1}, {.dtype = int64}), 1);
       }},
      {"GradError: scatter_add_: in place on a leaf of shape (3, 2) that requires grad; do it under a NoGradGuard, or "
       "on "
       "a clone()",
       [=] {
         w.scatter_add_(0, zeros({1, 1}, {.dtype = int64}), ones({1, 1}));
       }},
      {"ValueError: scatter_: in place on the result of transpose of shape (2, 3), a copy where PyTorch has a view: "
       "the "
       "original would not change; assign through dim 0 (x[i] = ...), use index_copy_, masked_fill_ or where, or write "
       "into a clone()",
       [=] {
         x.t().scatter_(0, zeros({1, 1}, {.dtype = int64}), 1);
       }},
      {"ValueError: index_add_: the tensor is undefined; has backward run?", [=] { Tensor().index_add_(0, two, x); }},
      {"ValueError: index_copy_: the tensor is undefined; has backward run?", [=] { x.index_copy_(0, two, Tensor()); }},
      {"ValueError: scatter_: the tensor is undefined; has backward run?",
       [=] {
         x.scatter_(0, zeros({1, 1}, {.dtype = int64}), Tensor());
       }},
      {"ValueError: scatter: the tensor is undefined; has backward run?", [=] { scatter(Tensor(), 0, two, 1); }},
      {"ValueError: scatter_add: the tensor is undefined; has backward run?",
       [=] { scatter_add(zeros({3}), 0, two, Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
