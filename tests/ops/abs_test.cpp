#include <cmath>
#include <cstdint>
#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(abs) { cases.add_unary("abs", "torch.abs", abs); }

TEST(Abs, DropsTheSign) {
  expect_close(abs(tensor({-1.5f, 2.0f, -INFINITY, NAN})), {1.5, 2, INFINITY, NAN});
  expect_close(abs(tensor({-3, 4})), {3, 4});
  EXPECT_FALSE(std::signbit(abs(tensor({-0.0f})).item<float>()));
}

TEST(Abs, HasGradientZeroAtZero) {  // SEMANTICS [21]
  Tensor x = leaf({0, -0.0, -2}, {3});
  expect_close(gradient(abs(x), x, {3, 3, 3}), {0, 0, -3});
}

TEST(Abs, DoesNotSpreadAnInfiniteUpstreamGradientAtZero) {
  Tensor x = leaf({0, 1}, {2});
  expect_close(gradient(abs(x), x, {INFINITY, 1}), {0, 1});
}

TEST(Abs, OfTheSmallestIntegerIsItself) {
  const std::vector<std::int32_t> least = {std::numeric_limits<std::int32_t>::min()};
  expect_close(abs(tensor(least)), {-0x1p31});
}

TEST(Abs, ThrowsOneClearLine) {
  testing::expect_errors({
      {"DTypeError: abs: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { abs(tensor({true})); }},
  });
}

}  // namespace
}  // namespace xtape
