#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

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

}  // namespace
}  // namespace xtape
