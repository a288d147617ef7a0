#include "xtape/nn/activation.hpp"

#include "support/expect.hpp"
#include "support/op_cases.hpp"
#include "xtape/nn/nn.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::away;
using testing::Tensors;

XTAPE_OP_CASES(activation_layers) {
  cases.add("ReLU", "", {away({4, 3})}, "nn.ReLU()(x[0])", [](Args x) { return nn::ReLU()(x[0]); });
  cases.add("LeakyReLU", "", {away({4, 3})}, "nn.LeakyReLU(0.2)(x[0])",
            [](Args x) { return nn::LeakyReLU(0.2)(x[0]); });
  cases.add("GELU", "", {any({4, 3})}, "[nn.GELU()(x[0]), nn.GELU(approximate='tanh')(x[0])]", [](Args x) {
    return Tensors{nn::GELU()(x[0]), nn::GELU(GELUApproximate::tanh)(x[0])};
  });
  cases.add("Sigmoid", "", {any({4, 3})}, "nn.Sigmoid()(x[0])", [](Args x) { return nn::Sigmoid()(x[0]); });
  cases.add("Tanh", "", {any({4, 3})}, "nn.Tanh()(x[0])", [](Args x) { return nn::Tanh()(x[0]); });
  cases.add("Softmax", "", {any({2, 3})}, "nn.Softmax(1)(x[0])", [](Args x) { return nn::Softmax(1)(x[0]); });
  cases.add("LogSoftmax", "", {any({2, 3})}, "nn.LogSoftmax(1)(x[0])", [](Args x) { return nn::LogSoftmax(1)(x[0]); });
}

TEST(ActivationLayers, AreTheirFunctions) {
  const Tensor x = tensor({{-1.0, 0.0, 2.0}});
  EXPECT_TRUE(equal(nn::ReLU()(x), relu(x)));
  EXPECT_TRUE(equal(nn::LeakyReLU()(x), leaky_relu(x)));
  EXPECT_TRUE(equal(nn::LeakyReLU(0.3)(x), leaky_relu(x, 0.3)));
  EXPECT_TRUE(equal(nn::GELU()(x), gelu(x)));
  EXPECT_TRUE(equal(nn::GELU(GELUApproximate::tanh)(x), gelu(x, GELUApproximate::tanh)));
  EXPECT_TRUE(equal(nn::SiLU()(x), silu(x)));
  EXPECT_TRUE(equal(nn::Mish()(x), mish(x)));
  EXPECT_TRUE(equal(nn::ELU()(x), elu(x)));
  EXPECT_TRUE(equal(nn::ELU(0.3)(x), elu(x, 0.3)));
  EXPECT_TRUE(equal(nn::SELU()(x), selu(x)));
  EXPECT_TRUE(equal(nn::Softplus()(x), softplus(x)));
  EXPECT_TRUE(equal(nn::Softplus(2, 0.5)(x), softplus(x, 2, 0.5)));
  EXPECT_TRUE(equal(nn::LogSigmoid()(x), logsigmoid(x)));
  EXPECT_TRUE(equal(nn::Hardtanh()(x), hardtanh(x)));
  EXPECT_TRUE(equal(nn::Hardtanh(-0.5, 1.5)(x), hardtanh(x, -0.5, 1.5)));
  EXPECT_TRUE(equal(nn::ReLU6()(x), relu6(x)));
  EXPECT_TRUE(equal(nn::Sigmoid()(x), sigmoid(x)));
  EXPECT_TRUE(equal(nn::Tanh()(x), tanh(x)));
  EXPECT_TRUE(equal(nn::Softmax(1)(x), softmax(x, 1)));
  EXPECT_TRUE(equal(nn::LogSoftmax(1)(x), log_softmax(x, 1)));
}

TEST(ActivationLayers, OwnNothing) {
  const nn::Sequential all{nn::ReLU(),       nn::LeakyReLU(), nn::GELU(),  nn::Sigmoid(), nn::Tanh(),
                           nn::SiLU(),       nn::Mish(),      nn::ELU(),   nn::SELU(),    nn::Softplus(),
                           nn::LogSigmoid(), nn::Hardtanh(),  nn::ReLU6(), nn::Identity()};
  EXPECT_EQ(all.state_dict().size(), 0u);
  EXPECT_EQ(all(ones({2})).shape(), Shape{2});
}

}  // namespace
}  // namespace xtape
