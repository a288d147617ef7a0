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

XTAPE_OP_CASES(reshape) {
  cases.add("reshape", "", {any({2, 3, 4})}, "x[0].reshape(4, -1)", [](Args x) { return x[0].reshape({4, -1}); });
  cases.add("reshape", "0-dim", {any({1, 1})}, "x[0].reshape(())", [](Args x) { return x[0].reshape(Shape{}); });
  cases.add("reshape", "flatten", {any({2, 3, 4})}, "[x[0].flatten(), x[0].flatten(1), x[0].flatten(0, 1)]",
            [](Args x) {
              return Tensors{x[0].flatten(), x[0].flatten(1), x[0].flatten(0, 1)};
            });
  cases.add("reshape", "squeeze", {any({1, 3, 1})}, "[x[0].squeeze(), x[0].squeeze(0), x[0].squeeze(1)]", [](Args x) {
    return Tensors{x[0].squeeze(), x[0].squeeze(0), x[0].squeeze(1)};
  });
  cases.add("reshape", "unsqueeze", {any({2, 3})}, "[x[0].unsqueeze(0), x[0].unsqueeze(-1), x[0].unsqueeze(1)]",
            [](Args x) {
              return Tensors{x[0].unsqueeze(0), x[0].unsqueeze(-1), x[0].unsqueeze(1)};
            });
}

TEST(Reshape, KeepsElementsInOrder) {
  Tensor y = reshape(cube(), {4, 6});
  EXPECT_EQ(y.shape(), (Shape{4, 6}));
  EXPECT_EQ(y.to_vector<double>(), cube().to_vector<double>());
}

TEST(Reshape, FillsInOneExtent) {
  EXPECT_EQ(reshape(cube(), {-1, 4}).shape(), (Shape{6, 4}));
  EXPECT_EQ(reshape(cube(), {2, -1, 2}).shape(), (Shape{2, 6, 2}));
  EXPECT_EQ(reshape(tensor(1.f), {-1}).shape(), (Shape{1}));
  EXPECT_EQ(reshape(zeros({0, 3}), {-1, 3}).shape(), (Shape{0, 3}));
}

TEST(Reshape, SharesStorage) {
  Tensor x = zeros({2, 2});
  reshape(x, {4}).fill_(1);
  expect_close(x, {1, 1, 1, 1});
}

TEST(Reshape, MakesAScalarOfOneElement) { EXPECT_EQ(reshape(ones({1, 1}), {}).shape(), Shape{}); }

TEST(Flatten, JoinsARangeOfDims) {
  EXPECT_EQ(flatten(cube()).shape(), (Shape{24}));
  EXPECT_EQ(flatten(cube(), 1).shape(), (Shape{2, 12}));
  EXPECT_EQ(flatten(cube(), 0, 1).shape(), (Shape{6, 4}));
  EXPECT_EQ(flatten(cube(), -1).shape(), (Shape{2, 3, 4}));
  EXPECT_EQ(flatten(zeros({3, 0, 2}), 1).shape(), (Shape{3, 0}));
  EXPECT_EQ(flatten(tensor(1.f)).shape(), (Shape{1}));
}
TEST(Flatten, SharesStorage) {
  Tensor x = zeros({2, 2});
  flatten(x).fill_(1);
  expect_close(x, {1, 1, 1, 1});
}
TEST(Squeeze, DropsExtentsOfOne) {
  EXPECT_EQ(squeeze(zeros({1, 2, 1, 3})).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(zeros({1, 1})).shape(), Shape{});
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), 0).shape(), (Shape{2, 1}));
  EXPECT_EQ(squeeze(zeros({1, 2, 1}), -1).shape(), (Shape{1, 2}));
}
TEST(Squeeze, LeavesOtherExtentsAlone) {
  EXPECT_EQ(squeeze(zeros({2, 3}), 0).shape(), (Shape{2, 3}));
  EXPECT_EQ(squeeze(zeros({0, 1})).shape(), (Shape{0}));
  EXPECT_EQ(squeeze(tensor(1.f), 0).shape(), Shape{});
}
TEST(Squeeze, SharesStorage) {
  Tensor x = zeros({2, 1});
  squeeze(x).fill_(1);
  expect_close(x, {1, 1});
}
TEST(Unsqueeze, InsertsAnExtentOfOne) {
  EXPECT_EQ(unsqueeze(zeros({2, 3}), 0).shape(), (Shape{1, 2, 3}));
  EXPECT_EQ(unsqueeze(zeros({2, 3}), 1).shape(), (Shape{2, 1, 3}));
  EXPECT_EQ(unsqueeze(zeros({2, 3}), -1).shape(), (Shape{2, 3, 1}));
  EXPECT_EQ(unsqueeze(tensor(1.f), 0).shape(), (Shape{1}));
}
TEST(Unsqueeze, SharesStorage) {
  Tensor x = zeros({2});
  unsqueeze(x, 0).fill_(1);
  expect_close(x, {1, 1});
}

TEST(Reshape, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: reshape: 6 elements of (2, 3) do not fit (4, 2)", [] { ones({2, 3}).reshape({4, 2}); }},
      {"ShapeError: reshape: (-1, -1): at most one extent may be -1, and no other may be negative",
       [] { ones({2, 3}).reshape({-1, -1}); }},
      {"ShapeError: reshape: 6 elements of (2, 3) do not fit (-1, 4)", [] { ones({2, 3}).reshape({-1, 4}); }},
      {"ShapeError: reshape: (-1, 0): -1 is ambiguous beside an extent of 0",
       [] { zeros({0}).reshape({-1, 0}); }},
      {"ShapeError: reshape: (-2, 12): at most one extent may be -1, and no other may be negative",
       [] { reshape(ones({2, 3, 4}), {-2, 12}); }},
      {"ShapeError: reshape: (9223372036854775807, 4) has too many elements to count",
       [] { reshape(ones({2, 3, 4}), {INT64_MAX, 4}); }},
      {"ValueError: reshape: the tensor is undefined; has backward run?", [] { reshape(Tensor(), {1}); }},
      {"ValueError: flatten: start_dim 1 comes after end_dim 0", [] { ones({2, 3}).flatten(1, 0); }},
      {"IndexError: flatten: dim 2 is outside [-2, 2)", [] { ones({2, 3}).flatten(0, 2); }},
      {"IndexError: flatten: dim 3 is outside [-3, 3)", [] { flatten(ones({2, 3, 4}), 3); }},
      {"IndexError: squeeze: dim 4 is outside [-2, 2)", [] { ones({2, 3}).squeeze(4); }},
      {"IndexError: squeeze: dim 2 is outside [-2, 2)", [] { squeeze(zeros({1, 2}), 2); }},
      {"IndexError: unsqueeze: dim 4 is outside [-3, 3)", [] { ones({2, 3}).unsqueeze(4); }},
      {"IndexError: unsqueeze: dim 2 is outside [-2, 2)", [] { unsqueeze(zeros({2}), 2); }},
      {"ShapeError: shape: more than 8 dims", [] { unsqueeze(zeros({1, 1, 1, 1, 1, 1, 1, 1}), 0); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
