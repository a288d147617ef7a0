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
using testing::Tensors;

XTAPE_OP_CASES(narrow) {
  cases.add("narrow", "", {any({2, 3, 4})}, "[x[0].narrow(0, 1, 1), x[0].narrow(1, 0, 2), x[0].narrow(-1, 2, 2)]",
            [](Args x) {
              return Tensors{x[0].narrow(0, 1, 1), x[0].narrow(1, 0, 2), x[0].narrow(-1, 2, 2)};
            });
  cases.add("narrow", "to nothing", {any({2, 3, 4})}, "x[0].narrow(1, 3, 0)",
            [](Args x) { return x[0].narrow(1, 3, 0); });
}

TEST(Narrow, TakesSlicesAlongEachDim) {
  Tensor x = arange(12).reshape({3, 4});
  expect_close(narrow(x, 0, 1, 2), {4, 5, 6, 7, 8, 9, 10, 11});
  expect_close(narrow(x, 1, 1, 2), {1, 2, 5, 6, 9, 10});
  expect_close(narrow(x, -1, 3, 1), {3, 7, 11});
  expect_close(narrow(cube(), 1, 1, 1), {4, 5, 6, 7, 16, 17, 18, 19});
}

TEST(Narrow, CountsANegativeStartFromTheEnd) { expect_close(narrow(arange(5), 0, -2, 2), {3, 4}); }

TEST(Narrow, OfLeadingRowsSharesStorage) {
  Tensor x = zeros({3, 2});
  narrow(x, 0, 1, 1).fill_(7);
  expect_close(x, {0, 0, 7, 7, 0, 0});
}

TEST(Narrow, OfOtherDimsSharesStorageWhereTheSlicesLieTogether) {
  Tensor x = zeros({3, 2}), row = zeros({1, 3});
  narrow(x, 1, 0, 2).fill_(7);  // all of them
  narrow(row, 1, 1, 2).fill_(7);
  expect_close(x, {7, 7, 7, 7, 7, 7});
  expect_close(row, {0, 7, 7});
}

TEST(Narrow, MayBeEmptyAtEitherEnd) {
  EXPECT_EQ(narrow(zeros({3, 2}), 0, 3, 0).shape(), (Shape{0, 2}));
  EXPECT_EQ(narrow(zeros({3, 2}), 1, 0, 0).shape(), (Shape{3, 0}));
  EXPECT_EQ(narrow(zeros({0, 2}), 0, 0, 0).shape(), (Shape{0, 2}));
}

TEST(Narrow, WorksForEveryDtype) {
  for (DType dtype : {bool_, uint8, int32, int64, float32, float64}) {
    Tensor y = narrow(tensor({{0, 1}, {1, 0}}, {.dtype = dtype}), 1, 1, 1);
    EXPECT_EQ(y.dtype(), dtype);
    expect_close(y, {1, 0});
  }
}

TEST(Narrow, HasAGradientOfZerosOutsideTheSlices) {
  Tensor x = zeros({2, 4}, {.requires_grad = true});
  narrow(x, 1, 1, 2).backward(tensor({{1.f, 2.f}, {3.f, 4.f}}));
  expect_close(x.grad(), {0, 1, 2, 0, 0, 3, 4, 0});
}

TEST(Narrow, AddsUpTheGradientsOfOverlappingSlices) {
  Tensor x = ones({3}, {.requires_grad = true});
  (narrow(x, 0, 0, 2).sum() + narrow(x, 0, 1, 2).sum()).backward();
  expect_close(x.grad(), {1, 2, 1});
}

TEST(Narrow, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"IndexError: narrow: start 1 and length 2 reach past dim 0 of (2, 3)", [] { ones({2, 3}).narrow(0, 1, 2); }},
      {"IndexError: narrow: start 4 is outside [-3, 3] in dim 1", [] { ones({2, 3}).narrow(1, 4, 0); }},
      {"ValueError: narrow: length is -1, it must not be negative", [] { ones({2, 3}).narrow(1, 0, -1); }},
      {"IndexError: narrow: start -4 is outside [-3, 3] in dim 0", [] { narrow(zeros({3, 2}), 0, -4, 1); }},
      {"IndexError: narrow: start 1 and length 2 reach past dim 1 of (3, 2)", [] { narrow(zeros({3, 2}), 1, 1, 2); }},
      {"IndexError: narrow: start -1 and length 2 reach past dim 0 of (3, 2)", [] { narrow(zeros({3, 2}), 0, -1, 2); }},
      {"IndexError: narrow: start 1 and length 9223372036854775807 reach past dim 0 of (3, 2)",
       [] { narrow(zeros({3, 2}), 0, 1, INT64_MAX); }},
      {"IndexError: narrow: dim 2 is outside [-2, 2)", [] { narrow(zeros({3, 2}), 2, 0, 1); }},
      {"IndexError: narrow: a 0-dim tensor has no dim to narrow", [] { narrow(tensor(1.0), 0, 0, 1); }},
      {"ValueError: narrow: the tensor is undefined; has backward run?", [] { narrow(Tensor(), 0, 0, 1); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
