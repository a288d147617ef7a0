#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::extreme_rows;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(layer_norm) {
  cases.add("layer_norm", "", {any({4, 5}), any({5}), any({5})}, "F.layer_norm(x[0], (5,), x[1], x[2])",
            [](Args x) { return layer_norm(x[0], {5}, x[1], x[2]); });
  cases.add("layer_norm", "over two dims", {any({2, 3, 4}), any({3, 4})}, "F.layer_norm(x[0], (3, 4), x[1], eps=0.1)",
            [](Args x) {
              return layer_norm(x[0], {3, 4}, x[1], {}, 0.1);
            });
  cases.add("layer_norm", "of nothing", {any({0, 3})}, "F.layer_norm(x[0], (3,))",
            [](Args x) { return layer_norm(x[0], {3}); });
  cases
      .add("layer_norm", "extremes", {extreme_rows()}, "F.layer_norm(x[0], (4,))",
           [](Args x) { return layer_norm(x[0], {4}); })
      .smooth = false;
  cases.add("layer_norm", "of single elements", {any({3, 1})}, "F.layer_norm(x[0], (1,))",
            [](Args x) { return layer_norm(x[0], {1}); });
}

const std::vector<double> six_numbers = {0.3, -1.2, 2, 0.7, -0.4, 1.1};
const std::vector<double> six_upstreams = {1, -2, 0.5, 0.3, 0.7, -1};

TEST(LayerNorm, HasPyTorchsValueAndGradients) {
  Tensor x = leaf(six_numbers, {2, 3}), w = leaf({0.5, 1.5, 2}, {3}), b = leaf({0.1, -0.2, 0.3}, {3});
  const Tensor y = layer_norm(x, {3}, w, b);
  expect_close(y,
               {0.0745011519131296, -1.997668790124361, 2.798887112513296, 0.2839536292275002, -2.249769011392145,
                2.29721083161286},
               1e-12);
  expect_close(gradient(y, x, six_upstreams),
               {0.8276345464724539, -0.43968966565622236, -0.3879448808162316, 1.3099455810596727, -0.3492628529015849,
                -0.9606827281580873},
               1e-12);
  expect_close(gradient(y, w, six_upstreams), {0.059374481362759315, 1.440332848182814, -0.37388363767810595}, 1e-12);
  expect_close(gradient(y, b, six_upstreams), {1.3, -1.3, -0.5}, 1e-12);
}

TEST(LayerNorm, GoesOverAllDimsOfItsShape) {
  expect_close(layer_norm(leaf(six_numbers, {2, 3}), {2, 3}, {}, {}, 0.1),
               {-0.10841318225138447, -1.5022969540548994, 1.4713217591259324, 0.26328915689621946, -0.7588922757596914,
                0.6349914960438235},
               1e-12);
}

TEST(LayerNorm, ARowOfOneValueIsZero) {
  expect_close(layer_norm(full({2, 4}, 7.5), {4}), std::vector<double>(8, 0));
  expect_close(layer_norm(tensor({{3.0f}, {-2.0f}}), {1}), {0, 0});
}

TEST(LayerNorm, ANanSpoilsNoOtherRow) {
  const Tensor y = layer_norm(leaf({NAN, 1, -1, 1}, {2, 2}), {2}, {}, {}, 0);
  expect_close(y, {NAN, NAN, -1, 1}, 1e-12);
}

TEST(LayerNorm, KeepsItsDigitsInFloat32) {
  const Tensor x = tensor({{10000.0f, 10001.0f, 10002.0f}});
  expect_close(layer_norm(x, {3}), {-1.2247357, 0, 1.2247357}, 1e-6);
}

TEST(LayerNorm, KeepsEmptyShapes) {
  EXPECT_EQ(layer_norm(zeros({0, 3}), {3}).shape(), (Shape{0, 3}));
  EXPECT_EQ(layer_norm(zeros({2, 0}), {0}).shape(), (Shape{2, 0}));
}

TEST(LayerNorm, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: layer_norm: expected an input that ends in (2), got (2, 3)",
       [] { layer_norm(ones({2, 3}), {2}); }},
      {"ShapeError: layer_norm: expected a weight (3), got (2)", [] { layer_norm(ones({2, 3}), {3}, ones({2})); }},
      {"ValueError: layer_norm: eps is -1, it must not be negative",
       [] { layer_norm(ones({2, 3}), {3}, {}, {}, -1); }},
      {"ShapeError: layer_norm: expected an input that ends in (1, 2, 3), got (2, 3)",
       [] { layer_norm(ones({2, 3}), {1, 2, 3}); }},
      {"ShapeError: layer_norm: normalized_shape () names no dim", [] { layer_norm(ones({2, 3}), {}); }},
      {"DTypeError: layer_norm: the input is float32, a bias float64; convert one with .to",
       [] { layer_norm(ones({2, 3}), {3}, {}, ones({3}, {.dtype = float64})); }},
      {"DTypeError: layer_norm: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { layer_norm(tensor({1, 2}), {2}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
