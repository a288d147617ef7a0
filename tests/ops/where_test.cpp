#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::leaf;
using testing::special;
using testing::Tensors;
using testing::truths;

XTAPE_OP_CASES(where) {
  auto choose = [](Args x) { return where(x[0], x[1], x[2]); };
  cases.add("where", "", {truths({2, 3}), any({2, 3}), any({2, 3})}, "torch.where(*x)", choose);
  cases.add("where", "broadcast", {truths({2, 1, 3}), any({4, 1}), any({3})}, "torch.where(*x)", choose);
  cases.add("where", "numbers", {truths({2, 3}), any({2, 3}), any({2, 3})},
            "[torch.where(x[0], x[1], 2.5), torch.where(x[0], -1, x[2])]", [](Args x) {
              return Tensors{where(x[0], x[1], 2.5), where(x[0], -1, x[2])};
            });
  cases.add("where", "special", {truths({20}), special({20}), any({20})}, "torch.where(*x)", choose).smooth = false;
}

TEST(Where, TakesFromTheLeftWhereTheConditionHolds) {
  expect_close(where(tensor({true, false, true}), tensor({1.0f, 2.0f, 3.0f}), tensor({10.0f, 20.0f, 30.0f})),
               {1, 20, 3});
}

TEST(Where, TakesNumbersOnEitherSide) {
  const Tensor c = tensor({true, false}), x = tensor({1.5f, 2.5f});
  expect_close(where(c, x, 0), {1.5, 0});
  expect_close(where(c, -1, x), {-1, 2.5});
}

TEST(Where, OfTwoNumbersHasTheDtypeOfTheNumbers) {
  const Tensor c = tensor({true, false});
  EXPECT_TRUE(equal(where(c, 1, 0), tensor({1, 0}, int64)));
  EXPECT_TRUE(equal(where(c, 1., 0.), tensor({1, 0}, float32)));
  EXPECT_TRUE(equal(where(c, 1, 0.5), tensor({1, 0.5}, float32)));
  EXPECT_TRUE(equal(where(c, 0.5, -1), tensor({0.5, -1.}, float32)));
  EXPECT_TRUE(equal(where(c, true, false), c));
  EXPECT_TRUE(equal(where(c, true, 2), tensor({1, 2}, int64)));
}

TEST(Where, BroadcastsAllThree) {
  const Tensor c = tensor({{true}, {false}});
  expect_close(where(c, tensor({1, 2, 3}), tensor(9)), {1, 2, 3, 9, 9, 9});
  EXPECT_EQ(where(c, ones({4, 1, 1}), zeros({3})).shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(where(tensor(true), ones({0, 3}), zeros({1, 3})).shape(), (Shape{0, 3}));
}

TEST(Where, BroadcastsDimsInTheMiddle) {
  const Tensor c = tensor({{{true, false}}, {{false, true}}});  // (2, 1, 2)
  const Tensor a = tensor({{1}, {2}, {3}});                     // (3, 1)
  expect_close(where(c, a, 0), {1, 0, 2, 0, 3, 0, 0, 1, 0, 2, 0, 3});
}

TEST(Where, WorksForEveryDtypeAndPromotes) {  // SEMANTICS [27]
  const Tensor c = tensor({true, false});
  for (DType d : {bool_, uint8, int32, int64, float32, float64}) {
    const Tensor y = where(c, ones({2}, {.dtype = d}), zeros({2}, {.dtype = d}));
    EXPECT_EQ(y.dtype(), d);
    expect_close(y, {1, 0});
  }
  EXPECT_EQ(where(c, tensor({1, 2}), 2.5).dtype(), float32);
  EXPECT_EQ(where(c, ones({2}), ones({2}, {.dtype = float64})).dtype(), float64);
}

TEST(Where, LeaksNothingToTheOtherSide) {
  Tensor a = leaf({1, 2}, {2}), b = leaf({3, 4}, {2});
  const Tensor y = where(tensor({true, false}), a, b);
  expect_close(gradient(y, a, {INFINITY, NAN}), {INFINITY, 0});
  expect_close(gradient(y, b, {INFINITY, NAN}), {0, NAN});
}

TEST(Where, ThrowsOneClearLine) {
  // clang-format off
  testing::expect_errors({
      {"DTypeError: where: the condition is float32, not bool_; compare it with 0?",
       [] { where(ones({2}), ones({2}), ones({2})); }},
      {"ShapeError: where: shapes (3) and (2) do not broadcast: dim -1 is 3 and 2",
       [] { where(ones({2}) > 0, ones({3}), ones({2})); }},
      {"DTypeError: where: the condition is int64, not bool_; compare it with 0?",
       [] { where(tensor({1, 0}), 1, ones({2})); }},
      {"DTypeError: where: the condition is int64, not bool_; compare it with 0?",
       [] { where(tensor({1, 0}), 1, 0); }},
      {"ShapeError: where: shapes (2) and (3) do not broadcast: dim -1 is 2 and 3",
       [] { where(tensor({true, false}), ones({3}), 0); }},
  });
  // clang-format on
}

}  // namespace
}  // namespace xtape
