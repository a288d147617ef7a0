#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::away;
using testing::expect_close;
using testing::gradient;
using testing::inf;
using testing::integers;
using testing::nan;
using testing::Tensors;

XTAPE_OP_CASES(to) {
  cases.add("to", "float32", {any({2, 3})}, "x[0].to(torch.float32)", [](Args x) { return x[0].to(float32); }).smooth =
      false;
  cases.add("to", "float64", {any({2, 3})}, "x[0].to(torch.float64)", [](Args x) { return x[0].to(float64); });
  cases.add("to", "integers", {away({9})},
            "[x[0].to(t) for t in (torch.int32, torch.int64, torch.bool)] + [x[0].abs().to(torch.uint8)]", [](Args x) {
              return Tensors{x[0].to(int32), x[0].to(int64), x[0].to(bool_), x[0].abs().to(uint8)};
            });
  cases.add("to", "of integers", {integers({9}, 3000)},
            "[x[0].to(t) for t in (torch.uint8, torch.int32, torch.float32, torch.float64, torch.bool)]", [](Args x) {
              return Tensors{x[0].to(uint8), x[0].to(int32), x[0].to(float32), x[0].to(float64), x[0].to(bool_)};
            });
  cases
      .add("to", "and back", {any({2, 3})}, "(x[0] * 3).to(torch.float32).to(torch.float64)",
           [](Args x) { return (x[0] * 3).to(float32).to(float64); })
      .smooth = false;
}

TEST(To, TheSameDtypeIsTheSameTensor) {
  const Tensor x = ones({2});
  EXPECT_EQ(x.to(float32).impl(), x.impl());
}

TEST(To, ConvertsBetweenAllDtypes) {
  const DType all[] = {bool_, uint8, int32, int64, float32, float64};
  for (DType from : all) {
    for (DType to : all) {
      const Tensor y = tensor({0, 1, 1}, {.dtype = from}).to(to);
      EXPECT_EQ(y.dtype(), to);
      expect_close(y, {0, 1, 1});
    }
  }
}

TEST(To, TruncatesTowardsZero) {
  expect_close(tensor({1.9f, -1.9f, -0.5f}).to(int64), {1, -1, 0});
  expect_close(tensor({255.9f, -0.9f}).to(uint8), {255, 0});
}

TEST(To, BoolIsTrueForWhatIsNotZero) {
  expect_close(tensor({0.0f, 0.5f, -2.0f, NAN}).to(bool_), {0, 1, 1, 1});
  expect_close(tensor({0, 256}).to(bool_), {0, 1});
}

TEST(To, WrapsAroundToNarrowerIntegers) { expect_close(tensor({300, -1}).to(uint8), {44, 255}); }

TEST(To, KeepsTheLastIntegersThatFit) {
  expect_close(tensor({2147483647.5, -2147483648.5}, {.dtype = float64}).to(int32), {2147483647, -2147483648.0});
  expect_close(tensor({-0x1p63f}).to(int64), {-0x1p63});
}

TEST(To, CastsTheGradientBack) {  // SEMANTICS [27]
  Tensor x = tensor({1.0f, 2.0f}, {.requires_grad = true});
  const Tensor dx = gradient(x.to(float64) * tensor({3.0, 4.0}, {.dtype = float64}), x, {1, 1});
  EXPECT_EQ(dx.dtype(), float32);
  expect_close(dx, {3, 4});
}

TEST(To, IntegersHasNoHistory) { EXPECT_FALSE(tensor({1.0f}, {.requires_grad = true}).to(int64).requires_grad()); }

TEST(To, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ValueError: to: 9.223372e+18 does not fit int64", [] { tensor({0x1p63f}).to(int64); }},
      {"ValueError: to: -inf does not fit int32", [] { tensor({-inf}).to(int32); }},
      {"ValueError: to: 256 does not fit uint8", [] { tensor({256.0f}).to(uint8); }},
      {"ValueError: to: -1 does not fit uint8", [] { tensor({-1.0f}).to(uint8); }},
      {"ValueError: to: nan does not fit int64", [] { tensor({1.5, nan}).to(int64); }},
      {"ValueError: to: 1e+20 does not fit int32", [] { tensor({1.5, 1e20}).to(int32); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
