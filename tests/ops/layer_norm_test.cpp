#include <cmath>

#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::Inputs;
using testing::leaf;

const std::vector<double> values = {0.3, -1.2, 2, 0.7, -0.4, 1.1};
const std::vector<double> upstream = {1, -2, 0.5, 0.3, 0.7, -1};

TEST(LayerNorm, HasPyTorchsValueAndGradients) {
  Tensor x = leaf(values, {2, 3}), w = leaf({0.5, 1.5, 2}, {3}), b = leaf({0.1, -0.2, 0.3}, {3});
  const Tensor y = layer_norm(x, {3}, w, b);
  expect_close(y,
               {0.0745011519131296, -1.997668790124361, 2.798887112513296, 0.2839536292275002, -2.249769011392145,
                2.29721083161286},
               1e-12);
  expect_close(gradient(y, x, upstream),
               {0.8276345464724539, -0.43968966565622236, -0.3879448808162316, 1.3099455810596727,
                -0.3492628529015849, -0.9606827281580873},
               1e-12);
  expect_close(gradient(y, w, upstream), {0.059374481362759315, 1.440332848182814, -0.37388363767810595}, 1e-12);
  expect_close(gradient(y, b, upstream), {1.3, -1.3, -0.5}, 1e-12);
}

TEST(LayerNorm, GoesOverAllDimsOfItsShape) {
  expect_close(layer_norm(leaf(values, {2, 3}), {2, 3}, {}, {}, 0.1),
               {-0.10841318225138447, -1.5022969540548994, 1.4713217591259324, 0.26328915689621946,
                -0.7588922757596914, 0.6349914960438235},
               1e-12);
}

TEST(LayerNorm, HasTheSameGradientWithCreateGraph) {
  Tensor x = leaf(values, {2, 3});
  testing::expect_same_gradient_with_create_graph(layer_norm(x, {3}), x, tensor(upstream, {2, 3}));
}

TEST(LayerNorm, AgreesWithCentralDifferences) {
  const Tensor x = leaf(values, {2, 3}), w = leaf({0.5, 1.5, 2}, {3}), b = leaf({0.1, -0.2, 0.3}, {3});
  testing::expect_gradients([](const Inputs& in) { return layer_norm(in[0], {3}, in[1], in[2]); }, {x, w, b});
  testing::expect_gradients([](const Inputs& in) { return layer_norm(in[0], {2, 3}, {}, {}, 0.1); }, {x});
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

TEST(LayerNorm, RefusesShapesAndDtypesThatDoNotFit) {
  const Tensor x = ones({2, 3});
  expect_error<ShapeError>([x] { layer_norm(x, {4}); }, "layer_norm: expected an input that ends in (4), got (2, 3)");
  expect_error<ShapeError>([x] { layer_norm(x, {1, 2, 3}); }, "ends in (1, 2, 3), got (2, 3)");
  expect_error<ShapeError>([x] { layer_norm(x, {}); }, "layer_norm: normalized_shape ()");
  expect_error<ShapeError>([x] { layer_norm(x, {3}, ones({2})); }, "layer_norm: expected a weight (3), got (2)");
  expect_error<DTypeError>([x] { layer_norm(x, {3}, {}, ones({3}, {.dtype = float64})); }, "float32, a bias float64");
  expect_error<DTypeError>([] { layer_norm(tensor({1, 2}), {2}); }, "layer_norm: expected a floating dtype, got int64");
  expect_error<ValueError>([x] { layer_norm(x, {3}, {}, {}, -1); }, "layer_norm: eps is -1");
}

}  // namespace
}  // namespace xtape
