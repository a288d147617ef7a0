#include "xtape/nn/init.hpp"

#include <cmath>

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

namespace init = nn::init;
using init::FanMode;
using init::Nonlinearity;
using testing::expect_close;

/// All of t is in [-bound, bound], and some of it is close to both ends.
void expect_fills(const Tensor& t, double bound) {
  EXPECT_LE(t.abs().max().item<double>(), bound);
  EXPECT_GT(t.max().item<double>(), 0.98 * bound);
  EXPECT_LT(t.min().item<double>(), -0.98 * bound);
}

/// The mean of t is 0 and its standard deviation s, within five standard errors.
void expect_deviation(const Tensor& t, double s) {
  const double n = static_cast<double>(t.numel());
  EXPECT_NEAR(std::sqrt((t * t).mean().item<double>()) / s, 1, 5 / std::sqrt(2 * n));
  EXPECT_NEAR(t.mean().item<double>() / s, 0, 5 / std::sqrt(n));
}

Tensor weight() { return empty({40, 30, 5}); }  // fan_in 150, fan_out 200

TEST(Init, FillsInPlaceWithoutRecording) {
  const Tensor t = zeros({3, 2}, {.requires_grad = true});
  for (const Tensor& same : {init::uniform_(t), init::normal_(t), init::ones_(t), init::kaiming_normal_(t)}) {
    EXPECT_EQ(same.impl(), t.impl());
    EXPECT_TRUE(t.is_leaf());
  }
  expect_close(init::constant_(t, 2.5), {2.5, 2.5, 2.5, 2.5, 2.5, 2.5});
  expect_close(init::ones_(t), {1, 1, 1, 1, 1, 1});
  expect_close(init::zeros_(t), {0, 0, 0, 0, 0, 0});
}

TEST(Init, UniformAndNormalHaveTheirBoundsAndMoments) {
  manual_seed(1);
  const Tensor t = init::uniform_(weight(), 2, 6);
  expect_fills(t - 4, 2);
  EXPECT_GE(t.min().item<double>(), 2);
  expect_deviation(init::normal_(weight(), 3, 0.5) - 3, 0.5);
}

TEST(Init, DrawsFromTheDefaultGenerator) {
  manual_seed(5);
  const Tensor a = init::normal_(empty({4, 4}));
  manual_seed(5);
  EXPECT_TRUE(equal(init::normal_(empty({4, 4})), a));
}

TEST(Init, XavierUsesBothFans) {
  manual_seed(2);
  expect_fills(init::xavier_uniform_(weight()), std::sqrt(6.0 / 350));
  expect_fills(init::xavier_uniform_(weight(), 2), 2 * std::sqrt(6.0 / 350));
  expect_deviation(init::xavier_normal_(weight(), 2), 2 * std::sqrt(2.0 / 350));
}

TEST(Init, KaimingUsesTheFanOfItsMode) {
  manual_seed(3);
  expect_fills(init::kaiming_uniform_(weight()), std::sqrt(6.0 / 150));
  expect_fills(init::kaiming_uniform_(weight(), {.a = std::sqrt(5.0)}), 1 / std::sqrt(150.0));
  expect_fills(init::kaiming_uniform_(weight(), {.mode = FanMode::fan_out}), std::sqrt(6.0 / 200));
  expect_deviation(init::kaiming_normal_(weight(), {.nonlinearity = Nonlinearity::linear}), 1 / std::sqrt(150.0));
  expect_deviation(init::kaiming_normal_(weight(), {.mode = FanMode::fan_out, .nonlinearity = Nonlinearity::relu}),
                   std::sqrt(2.0 / 200));
}

TEST(Init, GainsArePyTorchs) {
  EXPECT_EQ(init::calculate_gain(Nonlinearity::linear), 1);
  EXPECT_EQ(init::calculate_gain(Nonlinearity::sigmoid), 1);
  EXPECT_EQ(init::calculate_gain(Nonlinearity::tanh), 5.0 / 3);
  EXPECT_EQ(init::calculate_gain(Nonlinearity::relu), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(init::calculate_gain(Nonlinearity::leaky_relu), 1.4141428569978354);
  EXPECT_DOUBLE_EQ(init::calculate_gain(Nonlinearity::leaky_relu, 0.2), 1.3867504905630728);
  EXPECT_EQ(init::calculate_gain(Nonlinearity::selu), 0.75);
}

TEST(Init, AnEmptyWeightStaysEmpty) {
  EXPECT_EQ(init::kaiming_uniform_(empty({5, 0})).numel(), 0);
  EXPECT_EQ(init::xavier_normal_(empty({0, 0})).numel(), 0);
}

TEST(Init, UniformStaysBelowItsUpperBound) {
  const float b = 1 + 0x1p-12f;
  const Tensor t = nn::init::uniform_(empty({100000}), 1, b);
  EXPECT_LT(t.max().item<float>(), b);
  EXPECT_GE(t.min().item<float>(), 1.0f);
  expect_close(nn::init::uniform_(empty({2}), 3, 3), {3, 3});
}

}  // namespace
}  // namespace xtape
