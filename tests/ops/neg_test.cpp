#include <cmath>
#include <cstdint>
#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::expect_close;

XTAPE_OP_CASES(neg) { cases.add_unary("neg", "torch.neg", neg); }

TEST(Neg, FlipsTheSign) {
  expect_close(-tensor({1.5f, -2.0f, INFINITY}), {-1.5, 2, -INFINITY});
  expect_close(-tensor({3, -4}), {-3, 4});
}

TEST(Neg, OfZeroIsMinusZero) { EXPECT_TRUE(std::signbit((-tensor({0.0f})).item<float>())); }

TEST(Neg, OfTheSmallestIntegerIsItself) {
  const std::vector<std::int64_t> least = {std::numeric_limits<std::int64_t>::min()};
  expect_close(-tensor(least), {-0x1p63});
}

TEST(Neg, ThrowsOneClearLine) {
  testing::expect_errors({
      {"DTypeError: neg: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { -tensor({true}); }},
  });
}

}  // namespace
}  // namespace xtape
