#include <gtest/gtest.h>

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

XTAPE_OP_CASES(gather) {
  auto collect = [](std::int64_t dim) { return [dim](Args x) { return gather(x[0], dim, x[1]); }; };
  cases.add("gather", "along 0", {any({3, 2}), indices({2, 2}, {0, 2, 2, 2})}, "torch.gather(x[0], 0, x[1])",
            collect(0));
  cases.add("gather", "along 1", {any({3, 4}), indices({3, 2}, {0, 3, 1, 1, 2, 0})}, "torch.gather(x[0], 1, x[1])",
            collect(1));
  cases.add("gather", "3-D", {any({2, 3, 2}), indices({2, 1, 2}, {0, 2, 1, 1})}, "torch.gather(x[0], 1, x[1])",
            collect(1));
  cases.add("gather", "of 0-dim", {any({}), indices({3}, {0, 0, 0})}, collect(0));
  cases.add("gather", "by 0-dim", {any({3}), indices({}, {2})}, collect(-1));
  cases.add("gather", "of repeated elements", {any({2, 3, 4}), indices({1, 2, 3}, {1, 0, 1, 0, 0, 1})}, [](Args x) {
    return Tensors{gather(x[0], 0, x[1]), gather(x[0], 1, x[1]), gather(x[0], -1, x[1])};
  });
}

TEST(Gather, TakesOneElementForEachIndex) {
  Tensor x = arange(6).reshape({2, 3});
  expect_close(gather(x, 1, tensor({{2}, {0}})), {2, 3});
  expect_close(gather(x, 1, tensor({{2, 2, 1, 0}, {0, 0, 1, 2}})), {2, 2, 1, 0, 3, 3, 4, 5});
  expect_close(gather(x, 0, tensor({{1, 0, 1}})), {3, 1, 5});
  expect_close(gather(x, -2, tensor({{1, 0}, {0, 0}, {1, 1}})), {3, 1, 0, 1, 3, 4});
}

TEST(Gather, TakesElementsAlongTheMiddleDim) {
  Tensor y = gather(cube(), 1, tensor({{{2, 1, 0}}, {{0, 1, 2}}}));  // smaller than x in the last dim
  EXPECT_EQ(y.shape(), (Shape{2, 1, 3}));
  expect_close(y, {8, 5, 2, 12, 17, 22});
}

TEST(Gather, AgreesWithItsDefinition) {
  Tensor x = cube();
  for (std::int64_t d = 0; d < 3; ++d) {
    Tensor index = zeros({2, 2, 2}, {.dtype = int64});
    for (int i = 0; i < 8; ++i) index.data<std::int64_t>()[i] = (i * 5 + 3) % 2;
    Tensor y = gather(x, d, index);
    for (int i = 0; i < 8; ++i) {
      std::int64_t at[3] = {i / 4, i / 2 % 2, i % 2};
      at[d] = index.data<std::int64_t>()[i];
      EXPECT_EQ(y.data<double>()[i], x[at[0]][at[1]][at[2]].item<double>()) << d << ", " << i;
    }
  }
}

TEST(Gather, TakesScalarsForTensorsOfOneElement) {
  expect_close(gather(tensor(5.f), 0, tensor(0)), {5});
  EXPECT_EQ(gather(tensor(5.f), 0, tensor({0})).shape(), Shape{1});
  expect_close(gather(tensor(5.f), 0, tensor({0, 0, 0})), {5, 5, 5});
  EXPECT_EQ(gather(tensor({1, 2, 3}), -1, tensor(2)).shape(), Shape{});
  expect_close(gather(tensor({1, 2, 3}), -1, tensor(2)), {3});
}

TEST(Gather, OfNothingIsEmpty) {
  EXPECT_EQ(gather(zeros({2, 3}), 1, empty({2, 0}, {.dtype = int64})).shape(), (Shape{2, 0}));
  EXPECT_EQ(gather(zeros({2, 3}), 1, empty({0, 5}, {.dtype = int64})).shape(), (Shape{0, 5}));
}

TEST(Gather, TakesEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    Tensor y = gather(tensor({{0, 1}, {1, 0}}, {.dtype = dtype}), 1, tensor({{1}, {0}}, {.dtype = uint8}));
    EXPECT_EQ(y.dtype(), dtype);
    expect_close(y, {1, 1});
  }
}

TEST(Gather, AddsTheGradientsOfAnElementTakenTwice) {
  Tensor x = zeros({2, 3}, {.requires_grad = true});
  gather(x, 1, tensor({{2, 2}, {0, 1}})).backward(tensor({{1.f, 2.f}, {4.f, 8.f}}));
  expect_close(x.grad(), {0, 0, 3, 4, 8, 0});
}

TEST(Gather, KeepsTheDigitsOfAnElementTakenAMillionTimes) {
  for (DType dtype : {float32, float64}) {
    Tensor x = zeros({2, 1}, {.dtype = dtype, .requires_grad = true});
    gather(x, 0, ones({1'000'000, 1}, {.dtype = int64})).backward(full({1'000'000, 1}, 0.1, {.dtype = dtype}));
    expect_close(x.grad(), {0, 1e5}, dtype == float32 ? 1e-7 : 1e-14);
  }
}

TEST(Gather, NoticesAnIndexModifiedBeforeBackward) {
  Tensor x = zeros({2, 2}, {.requires_grad = true}), index = tensor({{1}, {0}});
  Tensor y = gather(x, 1, index);
  index.zero_();
  expect_error<GradError>([&] { y.sum().backward(); }, "gather", "modified in place");
}

TEST(Gather, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: gather: index[1, 0] = 3 is outside [0, 3)", [] { ones({2, 3}).gather(1, tensor({{0}, {3}})); }},
      {"ShapeError: gather: the index (2) must have as many dims as the tensor (2, 3)",
       [] { ones({2, 3}).gather(1, tensor({0, 1})); }},
      {"ShapeError: gather: the index () must have as many dims as the tensor (2, 3)",
       [] { ones({2, 3}).gather(1, tensor(0)); }},
      {"IndexError: gather: index[1] = 1 is outside [0, 1)", [] { gather(tensor(5.0), 0, tensor({0, 1})); }},
      {"IndexError: gather: index[1, 1] = 3 is outside [0, 3)",
       [] { gather(zeros({2, 3}), 1, tensor({{0, 1}, {2, 3}})); }},
      {"IndexError: gather: index[0, 1] = -1 is outside [0, 2)", [] { gather(zeros({2, 3}), 0, tensor({{0, -1}})); }},
      {"ShapeError: gather: the index (3, 1) is larger than the tensor (2, 3) in dim 0",
       [] { gather(zeros({2, 3}), 1, zeros({3, 1}, {.dtype = int64})); }},
      {"DTypeError: gather: expected an integer dtype, got float32", [] { gather(zeros({2, 3}), 1, zeros({2, 1})); }},
      {"IndexError: gather: dim 2 is outside [-2, 2)",
       [] { gather(zeros({2, 3}), 2, zeros({2, 1}, {.dtype = int64})); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
