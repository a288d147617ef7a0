#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(sigmoid) { cases.add_unary("sigmoid", "torch.sigmoid", sigmoid); }

TEST(Sigmoid, HasTheKnownValues) {
  expect_close(sigmoid(leaf({0, 1, -1}, {3})), {0.5, 0.7310585786300049, 0.2689414213699951}, 1e-15);
}

TEST(Sigmoid, SaturatesWithoutOverflow) {
  expect_close(sigmoid(tensor({-1000.0f, 1000.0f, INFINITY, -INFINITY, NAN})), {0, 1, 1, 0, NAN});
}

TEST(Sigmoid, KeepsTheDigitsOfItsLeftTail) {
  EXPECT_NEAR(sigmoid(tensor({-80.0f})).item<float>() / std::exp(-80.0f), 1, 1e-6);
}

TEST(Sigmoid, OfIntegersIsFloat32) { EXPECT_EQ(sigmoid(tensor({0})).dtype(), float32); }

TEST(Sigmoid, HasGradientZeroWhereItIsFlat) {
  Tensor x = leaf({-INFINITY, INFINITY, 0}, {3});
  expect_close(gradient(sigmoid(x), x, {1, 1, 1}), {0, 0, 0.25});
}

TEST(Sigmoid, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: sigmoid: the tensor is undefined; has backward run?", [] { sigmoid(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
