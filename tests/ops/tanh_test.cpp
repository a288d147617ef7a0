#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(tanh) { cases.add_unary("tanh", "torch.tanh", tanh); }

TEST(Tanh, HasTheKnownValues) {
  expect_close(tanh(leaf({0, 1, -1}, {3})), {0, 0.7615941559557649, -0.7615941559557649}, 1e-15);
}

TEST(Tanh, SaturatesAtTheInfinities) { expect_close(tanh(tensor({INFINITY, -INFINITY, NAN})), {1, -1, NAN}); }

TEST(Tanh, OfIntegersIsFloat32) { EXPECT_EQ(tanh(tensor({0})).dtype(), float32); }

TEST(Tanh, HasGradientZeroWhereItIsFlat) {
  Tensor x = leaf({-INFINITY, INFINITY, 0}, {3});
  expect_close(gradient(tanh(x), x, {1, 1, 1}), {0, 0, 1});
}

TEST(Tanh, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: tanh: the tensor is undefined; has backward run?", [] { tanh(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
