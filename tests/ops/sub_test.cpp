#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::away;
using testing::expect_close;
using testing::leaf;

XTAPE_OP_CASES(sub) {
  cases.add_binary("sub", "torch.sub", sub);
  cases.add("sub", "number", {away({2, 3})}, "x[0] - 2.5", [](Args x) { return x[0] - 2.5; });
  cases.add("sub", "from number", {away({2, 3})}, "2.5 - x[0]", [](Args x) { return 2.5 - x[0]; });
}

TEST(Sub, SubtractsElementByElement) {
  expect_close(tensor({1.0f, 2.0f}) - tensor({10.0f, -2.5f}), {-9, 4.5});
  expect_close(sub(tensor({1, 2}), tensor({10, -2})), {-9, 4});
}

TEST(Sub, OfATensorFromItselfHasGradientZero) {
  Tensor x = leaf({3}, {});
  (x - x).backward();
  expect_close(x.grad(), {0});
}

TEST(Sub, OfInfinityFromItselfIsNaN) { expect_close(tensor({INFINITY}) - tensor({INFINITY}), {NAN}); }

TEST(Sub, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: sub: shapes (2, 3) and (4, 1, 2) do not broadcast: dim -1 is 3 and 2",
       [] { ones({2, 3}) - ones({4, 1, 2}); }},
      {"ShapeError: sub: shapes (0) and (2) do not broadcast: dim -1 is 0 and 2", [] { ones({0}) - ones({2}); }},
      {"DTypeError: sub: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { tensor({true}) - tensor({false}); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
