#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;
using testing::positive;

XTAPE_OP_CASES(log) { cases.add_unary("log", "torch.log", log, positive); }

TEST(Log, HasTheKnownValues) {
  expect_close(log(leaf({1, 10, 0.5}, {3})), {0, 2.302585092994046, -0.6931471805599453}, 1e-15);
}

TEST(Log, OfZeroIsMinusInfinityAndOfNegativesNaN) {
  expect_close(log(tensor({0.0f, -0.0f, -1.0f, INFINITY, NAN})), {-INFINITY, -INFINITY, NAN, INFINITY, NAN});
}

TEST(Log, OfIntegersIsFloat32) {
  EXPECT_EQ(log(tensor({1, 2})).dtype(), float32);
  expect_close(log(tensor({1, 2})), {0, 0.69314718}, 1e-7);
}

TEST(Log, HasAnInfiniteGradientAtZero) {
  Tensor x = leaf({0, INFINITY}, {2});
  expect_close(gradient(log(x), x, {1, 1}), {INFINITY, 0});
}

TEST(Log, ComputesFloat32InFloat32) {
  const Tensor x = tensor({3.0f});
  EXPECT_EQ(log(x).item<float>(), std::log(3.0f));
}

TEST(Log, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: log: the tensor is undefined; has backward run?", [] { log(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
