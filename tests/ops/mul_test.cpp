#include <cstdint>
#include <limits>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::away;
using testing::expect_close;
using testing::expect_error;
using testing::gradient;
using testing::leaf;

XTAPE_OP_CASES(mul) {
  cases.add_binary("mul", "torch.mul", mul);
  cases.add("mul", "number", {away({2, 3})}, "x[0] * -3", [](Args x) { return x[0] * -3; });
}

TEST(Mul, MultipliesElementByElement) {
  expect_close(tensor({1.0f, 2.0f}) * tensor({10.0f, -2.5f}), {10, -5});
  expect_close(mul(tensor({3, 2}), tensor({10, -2})), {30, -4});
}

TEST(Mul, ByAConstantScalesTheGradientByIt) {
  Tensor x = leaf({3, 4}, {2});
  expect_close(gradient(x * tensor({2.0, 5.0}, {.dtype = float64}), x, {1, 10}), {2, 50});
}

TEST(Mul, NoticesAFactorModifiedInPlace) {
  Tensor x = leaf({3, 4}, {2}), c = tensor({2.0, 5.0}, {.dtype = float64});
  const Tensor y = (x * c).sum();
  c.mul_(2);
  expect_error<GradError>([&] { y.backward(); }, "mul", "modified in place");
}

TEST(Mul, WrapsAroundInIntegers) {
  const std::vector<std::int32_t> large = {std::int32_t{1} << 30};
  expect_close(tensor(large) * 4, {0});
  const std::vector<std::int64_t> least = {std::numeric_limits<std::int64_t>::min()};
  expect_close(tensor(least) * -1, {-0x1p63});
}

TEST(Mul, OfZeroAndInfinityIsNaN) { expect_close(tensor({0.0f}) * tensor({INFINITY}), {NAN}); }

TEST(Mul, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: mul: the tensor is undefined; has backward run?", [] { ones({2}) * Tensor(); }},
      {"ValueError: mul: the tensor is undefined; has backward run?", [] { Tensor() * 2; }},
      {"ShapeError: mul: shapes (5, 2, 3) and (4, 1) do not broadcast: dim -2 is 2 and 4",
       [] { ones({5, 2, 3}) * ones({4, 1}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
