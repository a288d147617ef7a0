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
using testing::leaf;

XTAPE_OP_CASES(add) {
  cases.add_binary("add", "torch.add", add);
  cases.add("add", "number", {away({2, 3})}, "x[0] + 2.5", [](Args x) { return x[0] + 2.5; });
  cases.add("add", "from number", {away({2, 3})}, "2 + x[0]", [](Args x) { return 2 + x[0]; });
}

TEST(Add, AddsElementByElement) {
  expect_close(tensor({1.0f, 2.0f}) + tensor({10.0f, -2.5f}), {11, -0.5});
  expect_close(add(tensor({1, 2}), tensor({10, -2})), {11, 0});
}

TEST(Add, CountsATensorAddedToItselfTwice) {
  Tensor x = leaf({3}, {});
  (x + x).backward();
  expect_close(x.grad(), {2});
}

TEST(Add, LeavesTheOtherSideAloneWhenAGradientIsScaledInPlace) {
  Tensor a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  const Tensor seed = tensor({1.0, 1.0}, {.dtype = float64});
  (a + b).backward(seed);
  a.grad().mul_(10);
  expect_close(b.grad(), {1, 1});
  expect_close(seed, {1, 1});
}

TEST(Add, WrapsAroundInIntegers) {
  const std::vector<std::int32_t> largest = {std::numeric_limits<std::int32_t>::max()};
  expect_close(tensor(largest) + 1, {-2147483648.0});
}

TEST(Add, KeepsEmptyTensorsEmpty) { EXPECT_EQ((zeros({0, 3}) + zeros({3})).shape(), (Shape{0, 3})); }

TEST(Add, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: add: shapes (2, 3) and (2, 4) do not broadcast: dim -1 is 3 and 4",
       [] { ones({2, 3}) + ones({2, 4}); }},
      {"ValueError: add: 1099511627776 does not fit int32; take a wider dtype, or convert with .to(int64)",
       [] { tensor({1, 2}, {.dtype = int32}) + (1LL << 40); }},
      {"ValueError: add: the tensor is undefined; has backward run?", [] { Tensor() + ones({2}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
