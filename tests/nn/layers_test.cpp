#include "xtape/nn/layers.hpp"

#include <cmath>

#include "support/expect.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::indices;
using testing::Tensors;
using testing::with_parameters;

XTAPE_OP_CASES(layers) {
  cases.add("Linear", "", {any({4, 3}), any({2, 3}), any({2})}, "F.linear(*x)",
            [](Args x) { return with_parameters(nn::Linear(3, 2), x[1], x[2])(x[0]); });
  cases.add("Dropout", "in evaluation", {any({4, 3})}, "nn.Dropout(0.5).eval()(x[0])", [](Args x) {
    nn::Dropout layer(0.5);
    layer.eval();
    return layer(x[0]);
  });
  cases.add("Dropout", "in training", {any({4, 5})}, [](Args x) {
    manual_seed(3);
    return nn::Dropout(0.5)(x[0]);
  });
  cases.add("Dropout2d", "in evaluation", {any({2, 3, 2, 2})}, "nn.Dropout2d(0.5).eval()(x[0])", [](Args x) {
    nn::Dropout2d layer(0.5);
    layer.eval();
    return layer(x[0]);
  });
  cases.add("Dropout2d", "in training", {any({2, 3, 2, 2})}, [](Args x) {
    manual_seed(3);
    return nn::Dropout2d(0.5)(x[0]);
  });
  cases.add("Flatten", "", {any({2, 3, 2})}, "[nn.Flatten()(x[0]), nn.Flatten(0, 1)(x[0])]", [](Args x) {
    return Tensors{nn::Flatten()(x[0]), nn::Flatten(0, 1)(x[0])};
  });
  cases.add("Identity", "", {any({4, 3})}, "nn.Identity()(x[0]) * 2", [](Args x) { return nn::Identity()(x[0]) * 2; });
  cases.add("Embedding", "", {indices({2, 3}, {3, 0, 0, 2, 3, 1}), any({4, 3})}, "F.embedding(x[0], x[1])", [](Args x) {
    nn::Embedding layer(4, 3);
    testing::Rebound::set(layer.weight, x[1]);
    return layer(x[0]);
  });
  cases.add("EmbeddingBag", "", {indices({2, 3}, {3, 0, 0, 2, 3, 1}), any({4, 3})},
            "F.embedding_bag(x[0], x[1], padding_idx=3)", [](Args x) {
              nn::EmbeddingBag layer(4, 3, {.padding_idx = -1});
              testing::Rebound::set(layer.weight, x[1]);
              return layer(x[0]);
            });
  cases.add("EmbeddingBag", "with offsets and weights",
            {indices({5}, {3, 0, 0, 2, 3}), any({4, 3}), indices({4}, {0, 2, 2, 5}), any({5})},
            "F.embedding_bag(x[0], x[1], x[2], mode='sum', per_sample_weights=x[3], include_last_offset=True)",
            [](Args x) {
              nn::EmbeddingBag layer(4, 3, {.mode = nn::BagMode::sum, .include_last_offset = true});
              testing::Rebound::set(layer.weight, x[1]);
              return layer(x[0], x[2], x[3]);
            });
}

TEST(LinearLayer, HasPyTorchsShapesAndBounds) {  // SEMANTICS [19]
  nn::Linear layer(100, 7);
  EXPECT_EQ(layer.weight.shape(), (Shape{7, 100}));
  EXPECT_EQ(layer.bias.shape(), Shape{7});
  for (float w : layer.weight.to_vector<float>()) EXPECT_LE(std::abs(w), 0.1f);
  EXPECT_GT(layer.weight.max().item<float>(), 0.09f);
  EXPECT_LT(layer.weight.min().item<float>(), -0.09f);
  const nn::Linear wide(100, 1000);
  EXPECT_LE(wide.bias.abs().max().item<float>(), 0.1f);
  EXPECT_GT(wide.bias.max().item<float>(), 0.09f);
  EXPECT_LT(wide.bias.min().item<float>(), -0.09f);
}

TEST(LinearLayer, TakesAFlagForTheBiasAndEmptyBracesAsDefaultOptions) {
  EXPECT_FALSE(nn::Linear(2, 3, false).bias.defined());
  EXPECT_TRUE(nn::Linear(2, 3, true).bias.defined());
  EXPECT_TRUE(nn::Linear(2, 3, {}).bias.defined());
  EXPECT_FALSE(nn::Linear(2, 3, {false}).bias.defined());
}

TEST(LinearLayer, DrawsTheWeightBeforeTheBias) {
  manual_seed(5);
  nn::Linear with(3, 2);
  manual_seed(5);
  nn::Linear without(3, 2, {.bias = false});
  EXPECT_TRUE(equal(with.weight, without.weight));
  EXPECT_FALSE(without.bias.defined());
  EXPECT_EQ(without.parameters().size(), 1u);
}

TEST(LinearLayer, TakesAnyLeadingDims) {
  nn::Linear layer(3, 2);
  EXPECT_EQ(layer(ones({4, 5, 3})).shape(), (Shape{4, 5, 2}));
  EXPECT_EQ(layer(ones({3})).shape(), Shape{2});
  EXPECT_EQ(layer(ones({0, 3})).shape(), (Shape{0, 2}));
}

TEST(LinearLayer, WithoutInputFeaturesGivesItsBias) {  // SEMANTICS [19]
  nn::Linear layer(0, 2);
  EXPECT_TRUE(equal(layer(ones({1, 0})).flatten(), layer.bias.detach()));
}

TEST(DropoutLayer, ActsInTrainingOnly) {
  nn::Dropout drop(0.5);
  Tensor x = ones({1000});
  EXPECT_FALSE(equal(drop(x), x));
  drop.eval();
  EXPECT_TRUE(equal(drop(x), x));
}

TEST(FlattenLayer, KeepsTheBatchDim) {
  EXPECT_EQ(nn::Flatten()(ones({4, 1, 28, 28})).shape(), (Shape{4, 784}));
  EXPECT_EQ(nn::Flatten(0, 1)(ones({4, 2, 3})).shape(), (Shape{8, 3}));
}

TEST(IdentityLayer, GivesItsInput) {
  const Tensor x = ones({2});
  EXPECT_EQ(nn::Identity()(x).impl(), x.impl());
}

TEST(EmbeddingLayer, HasPyTorchsWeightAndAZeroRowForPadding) {
  manual_seed(4);
  const nn::Embedding layer(50, 40);
  EXPECT_EQ(layer.weight.shape(), (Shape{50, 40}));
  EXPECT_TRUE(layer.state_dict().contains("weight"));
  EXPECT_NEAR(layer.weight.mean().item<float>(), 0, 0.1);
  EXPECT_NEAR((layer.weight * layer.weight).mean().item<float>(), 1, 0.2);
  for (std::int64_t padding : {2, -1}) {
    const nn::Embedding padded(3, 2, {.padding_idx = padding});
    expect_close(padded.weight[2], {0, 0});
    EXPECT_NE(padded.weight[0].abs().sum().item<float>(), 0);
  }
}

TEST(EmbeddingBagLayer, HasPyTorchsWeightAndAZeroRowForPadding) {
  manual_seed(4);
  const nn::EmbeddingBag layer(50, 40, {.padding_idx = 0});
  EXPECT_EQ(layer.weight.shape(), (Shape{50, 40}));
  EXPECT_TRUE(layer.state_dict().contains("weight"));
  EXPECT_NEAR(layer.weight.mean().item<float>(), 0, 0.1);
  EXPECT_NEAR((layer.weight * layer.weight).mean().item<float>(), 1, 0.2);
  EXPECT_EQ(layer.weight[0].abs().sum().item<float>(), 0);
}

TEST(EmbeddingBagLayer, TakesTheMeanUnlessToldOtherwise) {
  const nn::EmbeddingBag mean(3, 2), sum(3, 2, {.mode = nn::BagMode::sum}), max(3, 2, {.mode = nn::BagMode::max});
  const Tensor w = tensor({{1.f, 8.f}, {3.f, 4.f}, {5.f, 6.f}}), x = tensor({{0, 1}});
  for (const nn::EmbeddingBag& layer : {mean, sum, max}) layer.load_state_dict(StateDict({{"weight", w}}));
  expect_close(mean(x), {2, 6});
  expect_close(sum(x), {4, 12});
  expect_close(max(x), {3, 8});
}

TEST(EmbeddingBagLayer, IgnoresItsLastOffsetOptionWhereEachRowIsABag) {
  const nn::EmbeddingBag layer(3, 2, {.include_last_offset = true});
  EXPECT_EQ(layer(tensor({{0, 1}})).shape(), (Shape{1, 2}));
  EXPECT_EQ(layer(tensor({0, 1, 2}), tensor({0, 1, 3})).shape(), (Shape{2, 2}));
}

TEST(EmbeddingLayer, LeavesThePaddingRowWithoutAGradient) {
  const nn::Embedding layer(3, 2, {.padding_idx = 0});
  layer(tensor({{0, 1}, {1, 0}})).sum().backward();
  expect_close(layer.weight.grad(), {0, 0, 2, 2, 0, 0});
}

}  // namespace
}  // namespace xtape
