#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(exp) { cases.add_unary("exp", "torch.exp", exp); }

TEST(Exp, HasTheKnownValues) {
  expect_close(exp(leaf({0, 1, -1}, {3})), {1, 2.718281828459045, 0.36787944117144233}, 1e-15);
}

TEST(Exp, SaturatesAtTheInfinities) {
  expect_close(exp(tensor({-INFINITY, INFINITY, NAN, 200.0f})), {0, INFINITY, NAN, INFINITY});
}

TEST(Exp, OfIntegersIsFloat32) {
  EXPECT_EQ(exp(tensor({0, 1})).dtype(), float32);
  expect_close(exp(tensor({0, 1})), {1, 2.71828182}, 1e-7);
}

TEST(Exp, OfMinusInfinityHasGradientZero) {
  Tensor x = leaf({-INFINITY}, {1});
  expect_close(gradient(exp(x), x, {1}), {0});
}

TEST(Exp, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: exp: the tensor is undefined; has backward run?", [] { exp(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
