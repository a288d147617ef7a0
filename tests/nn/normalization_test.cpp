#include "xtape/nn/normalization.hpp"

#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::with_parameters;

XTAPE_OP_CASES(normalization_layers) {
  cases.add("LayerNorm", "", {any({4, 5}), any({5}), any({5})}, "F.layer_norm(x[0], (5,), x[1], x[2], 1e-3)",
            [](Args x) { return with_parameters(nn::LayerNorm(5, {.eps = 1e-3}), x[1], x[2])(x[0]); });
  cases.add("BatchNorm1d", "", {any({5, 3}), any({3}), any({3})},
            "F.batch_norm(x[0], None, None, x[1], x[2], True, eps=1e-3)",
            [](Args x) { return with_parameters(nn::BatchNorm1d(3, {.eps = 1e-3}), x[1], x[2])(x[0]); });
  cases.add("BatchNorm2d", "", {any({2, 3, 2, 2}), any({3}), any({3})},
            "F.batch_norm(x[0], None, None, x[1], x[2], True, eps=1e-3)",
            [](Args x) { return with_parameters(nn::BatchNorm2d(3, {.eps = 1e-3}), x[1], x[2])(x[0]); });
  cases
      .add("BatchNorm1d", "evaluates what it has seen", {any({5, 3}), any({3}), any({3})}, "seen_and_evaluated(x)",
           [](Args x) {
             const nn::BatchNorm1d layer =
                 with_parameters(nn::BatchNorm1d(3, {.momentum = nn::cumulative_average}), x[1], x[2]);
             layer(x[0].detach());
             layer(x[0].detach() * x[0].detach());
             layer.eval();
             return layer(x[0].detach());
           })
      .smooth = false;
}

std::vector<std::string> keys(const nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module.state_dict()) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

TEST(LayerNormLayer, HasPyTorchsParameters) {
  const nn::LayerNorm layer(4), two({2, 4}), no_bias(4, {.bias = false}), plain(4, {.elementwise_affine = false});
  EXPECT_EQ(keys(layer), (Names{"weight", "bias"}));
  expect_close(layer.weight, {1, 1, 1, 1});
  expect_close(layer.bias, {0, 0, 0, 0});
  EXPECT_EQ(two.weight.shape(), (Shape{2, 4}));
  EXPECT_EQ(keys(no_bias), Names{"weight"});
  EXPECT_EQ(keys(plain), Names{});
}

TEST(LayerNormLayer, IsLayerNormWithItsOptions) {
  const Tensor x = randn({3, 4});
  EXPECT_TRUE(equal(nn::LayerNorm(4, {.eps = 0.1})(x).detach(), layer_norm(x, {4}, ones({4}), zeros({4}), 0.1)));
  EXPECT_TRUE(equal(nn::LayerNorm({3, 4}, {.elementwise_affine = false})(x), layer_norm(x, {3, 4})));
}

TEST(BatchNorm1d, HasPyTorchsParametersAndBuffers) {
  const nn::BatchNorm1d layer(2);
  EXPECT_EQ(keys(layer), (Names{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}));
  expect_close(layer.weight, {1, 1});
  expect_close(layer.bias, {0, 0});
  expect_close(layer.running_mean, {0, 0});
  expect_close(layer.running_var, {1, 1});
  EXPECT_EQ(layer.num_batches_tracked.dtype(), int64);
  EXPECT_EQ(layer.num_batches_tracked.shape(), Shape{});
  EXPECT_EQ(layer.parameters().size(), 2u);
  EXPECT_EQ(keys(nn::BatchNorm1d(2, {.affine = false, .track_running_stats = false})), Names{});
}

TEST(BatchNorm1d, TrainsOnTheBatchAndEvaluatesOnTheRunningStatistics) {
  const nn::BatchNorm1d layer(2);
  const Tensor x = tensor({{1.0f, 2.0f}, {3.0f, 5.0f}});
  expect_close(layer(x), {-1, -1, 1, 1}, 1e-5);
  expect_close(layer.running_mean, {0.2, 0.35}, 1e-6);
  expect_close(layer.running_var, {1.1, 1.35}, 1e-6);
  EXPECT_EQ(layer.num_batches_tracked.item<int>(), 1);
  layer.eval();
  expect_close(layer(x), {0.8 / std::sqrt(1.1), 1.65 / std::sqrt(1.35), 2.8 / std::sqrt(1.1), 4.65 / std::sqrt(1.35)},
               1e-5);
  EXPECT_EQ(layer.num_batches_tracked.item<int>(), 1);
}

TEST(BatchNorm1d, TheCumulativeAverageWeightsAllBatchesEqually) {
  const nn::BatchNorm1d layer(2, {.momentum = nn::cumulative_average});
  layer(tensor({{1.0f, 2.0f}, {3.0f, 5.0f}}));
  layer(tensor({{1.0f, 2.0f}, {4.0f, 5.0f}}));
  expect_close(layer.running_mean, {2.25, 3.5}, 1e-6);
  expect_close(layer.running_var, {3.25, 4.5}, 1e-6);
}

TEST(BatchNorm1d, WithoutRunningStatisticsUsesTheBatchInEvaluationToo) {
  const nn::BatchNorm1d layer(2, {.track_running_stats = false});
  layer.eval();
  expect_close(layer(tensor({{1.0f, 2.0f}, {3.0f, 5.0f}})), {-1, -1, 1, 1}, 1e-5);
}

TEST(BatchNorm1d, DoesNotRecordItsStatistics) {
  const nn::BatchNorm1d layer(2);
  layer(randn({4, 2}, {.requires_grad = true}));
  EXPECT_TRUE(layer.running_mean.is_leaf());
  EXPECT_FALSE(layer.running_mean.requires_grad());
}

TEST(BatchNorm2d, NormalizesTheChannelsOfImages) {
  const nn::BatchNorm2d layer(2);
  const Tensor x = randn({3, 2, 4, 5}), y = layer(x);
  const nn::BatchNorm1d flat(2);
  EXPECT_TRUE(equal(y, flat(x.reshape({3, 2, 20})).reshape({3, 2, 4, 5})));
  EXPECT_TRUE(equal(layer.running_var, flat.running_var));
  EXPECT_EQ(keys(layer), keys(flat));
}

TEST(BatchNorm2d, IsCopiedByClone) {
  const nn::BatchNorm2d layer(2);
  const nn::BatchNorm2d copy = nn::clone(layer);
  layer(randn({3, 2, 4, 5}));
  expect_close(copy.running_mean, {0, 0});
}

TEST(BatchNorms, TakeImagesOrRowsOnly) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: BatchNorm1d: expected (N, 3) or (N, 3, L), got (2, 3, 4, 4); BatchNorm2d takes images",
       [] { nn::BatchNorm1d(3)(ones({2, 3, 4, 4})); }},
      {"ShapeError: BatchNorm2d: expected (N, 3, H, W), got (3, 4, 5); reshape one image to (1, 3, 4, 5)?",
       [] { nn::BatchNorm2d(3)(ones({3, 4, 5})); }},
      {"ShapeError: BatchNorm2d: expected (N, 3, H, W), got (4, 3, 5)", [] { nn::BatchNorm2d(3)(ones({4, 3, 5})); }},
      {"ShapeError: BatchNorm2d: expected (N, 3, H, W), got (4, 3); BatchNorm1d takes rows",
       [] { nn::BatchNorm2d(3)(ones({4, 3})); }},
      {"ShapeError: BatchNorm2d: expected (N, 3, H, W), got (2, 4, 3, 3)",
       [] { nn::BatchNorm2d(3)(ones({2, 4, 3, 3})); }},
      {"ValueError: BatchNorm2d: num_features is -1, it must not be negative", [] { nn::BatchNorm2d(-1); }},
  });
  // clang-format on
}

TEST(BatchNorm1d, TrainsInFloat64AfterTo) {
  nn::BatchNorm1d layer(3);
  layer.to(float64);
  EXPECT_EQ(layer(randn({4, 3, 2}, {.dtype = float64})).dtype(), float64);
  EXPECT_EQ(layer.num_batches_tracked.dtype(), int64);
}

TEST(BatchNorm1d, DoesNotCountABatchThatItRefuses) {
  const nn::BatchNorm1d layer(3);
  EXPECT_THROW(layer(ones({4, 2})), ShapeError);
  EXPECT_THROW(layer(ones({1, 3})), ValueError);
  EXPECT_EQ(layer.num_batches_tracked.item<int>(), 0);
}

}  // namespace
}  // namespace xtape
