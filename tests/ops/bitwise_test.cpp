// & | ^ ~, bitwise_* and logical_*.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;

XTAPE_OP_CASES(bitwise) {
  cases.add("bitwise", "truths", {testing::truths({4, 1}), testing::truths({5})},
            "[x[0] & x[1], x[0] | x[1], x[0] ^ x[1], ~x[0], x[0] & True, False | x[1]]", [](Args x) {
              return std::vector<Tensor>{x[0] & x[1], x[0] | x[1], x[0] ^ x[1], ~x[0], x[0] & true, false | x[1]};
            });
  cases.add("bitwise", "integers", {testing::integers({4, 1}, 3000), testing::integers({5}, 3000)},
            "[x[0] & x[1], x[0] | -x[1], x[0] ^ x[1], ~x[0], x[0].to(torch.int32) & 7, x[0].to(torch.uint8) ^ 255]",
            [](Args x) {
              return std::vector<Tensor>{x[0] & x[1], x[0] | -x[1],       x[0] ^ x[1],
                                         ~x[0],       x[0].to(int32) & 7, x[0].to(uint8) ^ 255};
            });
  cases.add("bitwise", "logical", {testing::special({400}, 20), testing::special({400})},
            "[torch.logical_and(*x), torch.logical_or(*x), torch.logical_xor(*x), torch.logical_not(x[0])]",
            [](Args x) {
              return std::vector<Tensor>{logical_and(x[0], x[1]), logical_or(x[0], x[1]), logical_xor(x[0], x[1]),
                                         logical_not(x[0])};
            });
}

const Tensor f_f_t_t = tensor({false, false, true, true});
const Tensor f_t_f_t = tensor({false, true, false, true});

TEST(Bitwise, OfTruthsIsLogic) {
  EXPECT_TRUE(equal(f_f_t_t & f_t_f_t, tensor({false, false, false, true})));
  EXPECT_TRUE(equal(f_f_t_t | f_t_f_t, tensor({false, true, true, true})));
  EXPECT_TRUE(equal(f_f_t_t ^ f_t_f_t, tensor({false, true, true, false})));
  EXPECT_TRUE(equal(~f_t_f_t, tensor({true, false, true, false})));
}

TEST(Bitwise, CombinesComparisons) {
  const Tensor x = tensor({-1.0, 0.5, 3.0});
  EXPECT_TRUE(equal((x > 0) & (x < 1), tensor({false, true, false})));
  EXPECT_TRUE(equal(~(x > 0) | (x > 1), tensor({true, false, true})));
}

TEST(Bitwise, OfIntegersActsOnBits) {
  EXPECT_TRUE(equal(tensor({12, -1}) & tensor({10, 7}), tensor({8, 7})));
  EXPECT_TRUE(equal(~tensor({0, 200}).to(uint8), tensor({255, 55}).to(uint8)));
  EXPECT_TRUE(equal(6 ^ tensor({3, 6}), tensor({5, 0})));
}

TEST(Bitwise, PromotesAsArithmeticDoes) {
  EXPECT_EQ((f_f_t_t & 3).dtype(), int64);
  EXPECT_EQ((f_f_t_t & true).dtype(), bool_);
  EXPECT_EQ((f_f_t_t | tensor({1}).to(uint8)).dtype(), uint8);
  EXPECT_EQ((tensor({1}).to(uint8) | tensor(1)).dtype(), uint8);
  EXPECT_EQ((tensor({1}).to(int32) ^ tensor({1})).dtype(), int64);
}

TEST(Logical, OpsTakeWhatIsNotZeroForTrue) {
  const Tensor x = tensor({0.0f, -0.0f, NAN, 1e-45f}), y = tensor({0, 1, 0, 2});
  EXPECT_TRUE(equal(logical_and(x, y), tensor({false, false, false, true})));
  EXPECT_TRUE(equal(logical_or(x, y), tensor({false, true, true, true})));
  EXPECT_TRUE(equal(logical_xor(x, y), tensor({false, true, true, false})));
  EXPECT_TRUE(equal(logical_not(x), tensor({true, true, false, false})));
}

TEST(Logical, ResultsAreNeverRecorded) {
  const Tensor x = tensor({1.0f}, {.requires_grad = true});
  EXPECT_FALSE(logical_and(x, x).requires_grad() || logical_not(x).requires_grad());
}

TEST(Bitwise, AssignmentWritesInPlace) {
  Tensor mask = f_f_t_t.clone();
  const Tensor same = mask;
  mask &= f_t_f_t;
  EXPECT_TRUE(equal(same, tensor({false, false, false, true})));
  mask |= tensor(true);
  same ^= f_t_f_t;
  EXPECT_TRUE(equal(mask, ~f_t_f_t));
  Tensor rows = zeros({2, 2}, {.dtype = uint8});
  rows[0] |= 5;
  rows ^= tensor({{1}, {2}});  // int64, cast to uint8
  EXPECT_TRUE(equal(rows, tensor({{4, 4}, {2, 2}}).to(uint8)));
}

TEST(Bitwise, MethodsAreTheFunctions) {
  const Tensor &x = f_f_t_t, &y = f_t_f_t;
  EXPECT_TRUE(equal(x.bitwise_and(y), x & y) && equal(x.bitwise_or(y), x | y) && equal(x.bitwise_xor(y), x ^ y));
  EXPECT_TRUE(equal(x.logical_and(y), x & y) && equal(x.logical_or(y), x | y) && equal(x.logical_xor(y), x ^ y));
  EXPECT_TRUE(equal(x.bitwise_not(), ~x) && equal(x.logical_not(), ~x));
}

TEST(Bitwise, AndLogicalRefuse) {
  testing::expect_errors({
      {"DTypeError: bitwise_and: expected bool_ or an integer dtype, got float32; compare it first?",
       [] { tensor({1.0f}) & f_t_f_t; }},
      {"DTypeError: bitwise_or: expected bool_ or an integer dtype, got float32; compare it first?",
       [] { f_t_f_t | 1.5; }},
      {"DTypeError: bitwise_not: expected bool_ or an integer dtype, got float64; compare it first?",
       [] { ~zeros({2}, {.dtype = float64}); }},
      {"ShapeError: bitwise_xor: shapes (4) and (3) do not broadcast: dim -1 is 4 and 3",
       [] {
         f_t_f_t ^ tensor({1, 2, 3});
       }},
      {"ShapeError: logical_or: shapes (4) and (3) do not broadcast: dim -1 is 4 and 3",
       [] {
         logical_or(f_t_f_t, tensor({1, 2, 3}));
       }},
      {"ValueError: logical_and: the tensor is undefined; has backward run?", [] { logical_and(f_t_f_t, Tensor()); }},
      {"ValueError: bitwise_and: the tensor is undefined; has backward run?", [] { Tensor() & true; }},
      {"DTypeError: |=: int64 values cannot be written into a tensor of bool_ in place; convert it with .to(int64)",
       [] { f_t_f_t |= 3; }},
      {"DTypeError: bitwise_xor: expected bool_ or an integer dtype, got float32; compare it first?",
       [] { ones({2}) ^= 1; }},
      {"ShapeError: &=: (2, 3) does not broadcast to (3)",
       [] {
         tensor({1, 2, 3}) &= tensor({{1, 2, 3}, {4, 5, 6}});
       }},
      {"ValueError: &=: the left side is undefined; begin with zeros(...) or, for a gradient, run backward first",
       [] { Tensor() &= true; }},
      {"ValueError: ^=: the right side is undefined; has backward run?", [] { tensor({1}) ^= Tensor(); }},
      {"ValueError: bitwise_and: 300 does not fit uint8; take a wider dtype, or convert with .to(int64)",
       [] { tensor({1}).to(uint8) & 300; }},
  });
}

}  // namespace
}  // namespace xtape
