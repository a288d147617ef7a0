#include "xtape/nn/activation.hpp"

#include "support/expect.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

TEST(ActivationLayers, AreTheirFunctions) {
  const Tensor x = tensor({{-1.0, 0.0, 2.0}});
  EXPECT_TRUE(equal(nn::ReLU()(x), relu(x)));
  EXPECT_TRUE(equal(nn::LeakyReLU()(x), leaky_relu(x)));
  EXPECT_TRUE(equal(nn::LeakyReLU(0.3)(x), leaky_relu(x, 0.3)));
  EXPECT_TRUE(equal(nn::GELU()(x), gelu(x)));
  EXPECT_TRUE(equal(nn::GELU(GELUApproximate::tanh)(x), gelu(x, GELUApproximate::tanh)));
  EXPECT_TRUE(equal(nn::Sigmoid()(x), sigmoid(x)));
  EXPECT_TRUE(equal(nn::Tanh()(x), tanh(x)));
  EXPECT_TRUE(equal(nn::Softmax(1)(x), softmax(x, 1)));
  EXPECT_TRUE(equal(nn::LogSoftmax(1)(x), log_softmax(x, 1)));
}

TEST(ActivationLayers, OwnNothing) {
  const nn::Sequential all{nn::ReLU(), nn::LeakyReLU(), nn::GELU(), nn::Sigmoid(), nn::Tanh(), nn::Identity()};
  EXPECT_EQ(all.state_dict().size(), 0u);
  EXPECT_EQ(all(ones({2})).shape(), Shape{2});
}

}  // namespace
}  // namespace xtape
