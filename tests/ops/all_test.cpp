// all and any.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;

XTAPE_OP_CASES(all) {
  cases.add("all", "", {testing::truths({4, 3})},
            "[torch.all(x[0]), torch.all(x[0], 1), torch.all(x[0], 0, True), torch.all(x[0], (0, 1)), "
            "torch.all(x[0], ()), torch.all(x[0] | True)]",
            [](Args x) {
              return std::vector<Tensor>{all(x[0]),         all(x[0], 1),  all(x[0], 0, true),
                                         all(x[0], {0, 1}), all(x[0], {}), all(x[0] | true)};
            });
  cases.add("any", "", {testing::truths({4, 3})},
            "[torch.any(x[0]), torch.any(x[0], -1), torch.any(x[0], 0, True), torch.any(x[0], (0, 1)), "
            "torch.any(x[0], ()), torch.any(x[0] & False)]",
            [](Args x) {
              return std::vector<Tensor>{any(x[0]),         any(x[0], -1), any(x[0], 0, true),
                                         any(x[0], {0, 1}), any(x[0], {}), any(x[0] & false)};
            });
  cases.add("all", "dtypes", {testing::integers({3, 4}, 3)},
            "[f(y) for f in (torch.all, torch.any, lambda z: torch.all(z, 0)) for y in "
            "(x[0], x[0].to(torch.uint8), x[0].to(torch.int32), x[0].to(torch.float64))]",
            [](Args x) {
              std::vector<Tensor> y;
              const std::vector<Tensor> inputs = {x[0], x[0].to(uint8), x[0].to(int32), x[0].to(float64)};
              for (const Tensor& z : inputs) y.push_back(all(z));
              for (const Tensor& z : inputs) y.push_back(any(z));
              for (const Tensor& z : inputs) y.push_back(all(z, 0));
              return y;
            });
  cases.add("all", "empty", {testing::any({0, 3})},
            "[torch.all(x[0]), torch.any(x[0]), torch.all(x[0], 0), "
            "torch.any(x[0], 0), torch.all(x[0], 1), torch.any(x[0], 1, True)]",
            [](Args x) {
              return std::vector<Tensor>{all(x[0]),    any(x[0]),    all(x[0], 0),
                                         any(x[0], 0), all(x[0], 1), any(x[0], 1, true)};
            });
}

TEST(All, TakesNaNForTrue) {
  EXPECT_TRUE(all(tensor({NAN, 1.0f})).item<bool>());
  EXPECT_FALSE(all(tensor({NAN, -0.0f})).item<bool>());
}

TEST(All, OfUint8IsUint8) {
  EXPECT_TRUE(equal(all(tensor({1, 200}).to(uint8)), tensor(1).to(uint8)));
  EXPECT_TRUE(equal(any(tensor({{0, 0}, {0, 9}}).to(uint8), 1), tensor({0, 1}).to(uint8)));
}

TEST(All, OfAScalarTakesDim0) {
  EXPECT_TRUE(all(tensor(2.0), 0).item<bool>());
  EXPECT_FALSE(any(tensor(0.0), -1).item<bool>());
}

TEST(All, DoesNotOverflow) {  // 256 zeros are still zeros
  EXPECT_FALSE(all(zeros({256}, {.dtype = uint8})).item<bool>());
  EXPECT_TRUE(any(ones({256}, {.dtype = uint8})).item<bool>());
}

TEST(All, IsNeverRecorded) {
  const Tensor x = tensor({1.0f}, {.requires_grad = true});
  EXPECT_FALSE(all(x).requires_grad() || any(x, 0).requires_grad());
}

TEST(All, MethodsAreTheFunctions) {
  const Tensor x = tensor({{true, false}, {true, true}});
  EXPECT_TRUE(equal(x.all(), all(x)) && equal(x.all(0), all(x, 0)) && equal(x.all({0, 1}, true), all(x, {0, 1}, true)));
  EXPECT_TRUE(equal(x.any(), any(x)) && equal(x.any(1, true), any(x, 1, true)) && equal(x.any({}), any(x, {})));
  EXPECT_TRUE(equal(x.all(Shape{0, 1}), all(x)) && equal(x.any(Shape{1}), any(x, 1)));
}

TEST(All, Refuses) {
  testing::expect_errors({
      {"IndexError: all: dim 2 is outside [-2, 2)",
       [] {
         all(ones({2, 2}), 2);
       }},
      {"IndexError: any: dim -3 is outside [-2, 2)",
       [] {
         any(ones({2, 2}), -3);
       }},
      {"ValueError: any: dim 1 is given twice in (1, 1)",
       [] {
         any(ones({2, 2}), {1, 1});
       }},
      {"ValueError: all: the tensor is undefined; has backward run?", [] { all(Tensor()); }},
      {"ValueError: any: the tensor is undefined; has backward run?", [] { any(Tensor(), 0); }},
  });
}

}  // namespace
}  // namespace xtape
