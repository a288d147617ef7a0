#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::expect_close;
using testing::given;
using testing::leaf;
using testing::OpCases;
using testing::special;

void add_comparison(OpCases& cases, const std::string& op, Tensor (*f)(const Tensor&, const Tensor&),
                    Tensor (*with_number)(const Tensor&, Scalar)) {
  const std::string torch = "torch." + op;
  auto run = [f](Args x) { return f(x[0], x[1]); };
  cases.add(op, "ties", {given({2, 2}, {1, 2, 3, 4}), given({2}, {1, 3})}, torch + "(*x)", run).smooth = false;
  cases.add(op, "special", {special({400}, 20), special({400})}, torch + "(*x)", run).smooth = false;
  cases
      .add(op, "number", {given({3}, {1, 2, 3})}, torch + "(x[0], 2)",
           [with_number](Args x) { return with_number(x[0], 2); })
      .smooth = false;
}

XTAPE_OP_CASES(compare) {
  add_comparison(cases, "eq", eq, [](const Tensor& x, Scalar n) { return x == n; });
  add_comparison(cases, "ne", ne, [](const Tensor& x, Scalar n) { return x != n; });
  add_comparison(cases, "lt", lt, [](const Tensor& x, Scalar n) { return x < n; });
  add_comparison(cases, "le", le, [](const Tensor& x, Scalar n) { return x <= n; });
  add_comparison(cases, "gt", gt, [](const Tensor& x, Scalar n) { return x > n; });
  add_comparison(cases, "ge", ge, [](const Tensor& x, Scalar n) { return x >= n; });
}

TEST(Compare, HasTheSixRelations) {
  const Tensor a = tensor({1.0f, 2.0f, 3.0f}), b = tensor({2.0f, 2.0f, 2.0f});
  expect_close(a == b, {0, 1, 0});
  expect_close(a != b, {1, 0, 1});
  expect_close(a < b, {1, 0, 0});
  expect_close(a <= b, {1, 1, 0});
  expect_close(a > b, {0, 0, 1});
  expect_close(a >= b, {0, 1, 1});
}

TEST(Compare, TakesNumbersOnEitherSide) {
  const Tensor x = tensor({1, 2, 3});
  expect_close(x == 2, {0, 1, 0});
  expect_close(2 == x, {0, 1, 0});
  expect_close(x != 2, {1, 0, 1});
  expect_close(2 != x, {1, 0, 1});
  expect_close(x < 2, {1, 0, 0});
  expect_close(2 < x, {0, 0, 1});
  expect_close(x <= 2.5, {1, 1, 0});
  expect_close(2.5 <= x, {0, 0, 1});
  expect_close(x > 2, {0, 0, 1});
  expect_close(2 > x, {1, 0, 0});
  expect_close(x >= 2, {0, 1, 1});
  expect_close(2 >= x, {1, 1, 0});
}

TEST(Compare, GivesBoolForEveryDtype) {  // SEMANTICS [27]
  for (DType d : {bool_, uint8, int32, int64, float32, float64}) {
    const Tensor x = tensor({0, 1}, {.dtype = d}), y = x == ones({2}, {.dtype = d});
    EXPECT_EQ(y.dtype(), bool_);
    expect_close(y, {0, 1});
    expect_close(x < ones({2}, {.dtype = d}), {1, 0});
  }
}

TEST(Compare, ComparesInThePromotedDtype) { expect_close(tensor({1, 2, 3}) < tensor({1.5f, 1.5f, 3.5f}), {1, 0, 1}); }

TEST(Compare, NaNEqualsNothing) {
  const Tensor x = tensor({NAN, 1.0f});
  expect_close(x == x, {0, 1});
  expect_close(x != x, {1, 0});
  expect_close(x <= x, {0, 1});
  expect_close(x > NAN, {0, 0});
}

TEST(Compare, Broadcasts) { expect_close(tensor({{1}, {2}}) == tensor({1, 2}), {1, 0, 0, 1}); }

TEST(Compare, IsNeverRecorded) {
  const std::int64_t before = autograd::live_nodes();
  const Tensor x = leaf({1, 2}, {2}), y = x < tensor({1.5f, 1.5f});
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(autograd::live_nodes(), before);
}

TEST(Compare, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"ShapeError: eq: shapes (2, 3) and (2, 2) do not broadcast: dim -1 is 3 and 2",
       [] { eq(ones({2, 3}), ones({2, 2})); }},
      {"ValueError: eq: -1 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { static_cast<void>(tensor({44}, {.dtype = uint8}) == -1); }},
      {"ShapeError: ge: shapes (2, 3) and (4, 3) do not broadcast: dim -2 is 2 and 4",
       [] { static_cast<void>(ones({2, 3}) >= ones({4, 3})); }},
      {"ValueError: eq: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { static_cast<void>(tensor({1, 2}).to(uint8) == 300); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
