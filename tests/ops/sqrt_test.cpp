#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;
using testing::positive;

XTAPE_OP_CASES(sqrt) { cases.add_unary("sqrt", "torch.sqrt", sqrt, positive); }

TEST(Sqrt, HasTheKnownValues) { expect_close(sqrt(leaf({0, 4, 2}, {3})), {0, 2, 1.4142135623730951}); }

TEST(Sqrt, OfNegativesIsNaN) { expect_close(sqrt(tensor({-1.0f, INFINITY, NAN})), {NAN, INFINITY, NAN}); }

TEST(Sqrt, OfIntegersIsFloat32) {
  EXPECT_EQ(sqrt(tensor({9})).dtype(), float32);
  expect_close(sqrt(tensor({9})), {3});
}

TEST(Sqrt, HasAnInfiniteGradientAtZero) {  // SEMANTICS [21]
  Tensor x = leaf({0, 4}, {2});
  expect_close(gradient(sqrt(x), x, {1, 1}), {INFINITY, 0.25});
}

TEST(Sqrt, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: sqrt: the tensor is undefined; has backward run?", [] { sqrt(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
