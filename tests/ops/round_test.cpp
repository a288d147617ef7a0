// floor, ceil, trunc, round and sign.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::expect_close;
using testing::gradient;
using testing::leaf;

Tensor round_to_whole(const Tensor& x) { return round(x); }

XTAPE_OP_CASES(round) {
  cases.add_unary("floor", "torch.floor", floor);
  cases.add_unary("ceil", "torch.ceil", ceil);
  cases.add_unary("trunc", "torch.trunc", trunc);
  cases.add_unary("round", "torch.round", round_to_whole);
  cases.add_unary("sign", "torch.sign", sign);
  const std::vector<double> halves = {-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5};
  cases.add("round", "halves", {testing::given({8}, halves)}, "torch.round(x[0])", [](Args x) { return round(x[0]); })
      .smooth = false;
  cases
      .add("round", "decimals", {testing::uniform({50}, -4, 8)}, "[torch.round(x[0], decimals=d) for d in (1, 2, 5)]",
           [](Args x) {
             return std::vector<Tensor>{round(x[0], 1), round(x[0], 2), round(x[0], 5)};
           })
      .smooth = false;
  cases
      .add("round", "tens", {testing::uniform({50}, -400, 800)}, "[torch.round(x[0], decimals=d) for d in (-1, -2)]",
           [](Args x) {
             return std::vector<Tensor>{round(x[0], -1), round(x[0], -2)};
           })
      .smooth = false;
}

TEST(Round, TakesHalvesToTheEvenNeighbour) {
  expect_close(round(tensor({0.5, 1.5, 2.5, -0.5, -2.5, 2.4999})), {0, 2, 2, 0, -2, 2});
  EXPECT_TRUE(std::signbit(round(tensor(-0.25)).item<float>()));
}

TEST(Round, KeepsDecimals) {
  expect_close(round(leaf({2.675, -0.005, 3.14159}, {3}), 2), {2.68, 0, 3.14});  // in binary, as PyTorch
  expect_close(leaf({15, 25, -2549}, {3}).round(-1), {20, 20, -2550});
}

TEST(Round, LeavesWhatHasNoSuchDigits) {  // PyTorch: inf and NaN
  expect_close(round(tensor({1e38f, 1.5f, INFINITY, NAN}), 2), {1e38f, 1.5, INFINITY, NAN});
  expect_close(round(tensor({1.5f, 0.0f}), 40), {1.5, 0});
  expect_close(round(tensor({1.5f, -3e38f}), -40), {0, 0});
}

TEST(Round, KindKeepsNaNInfinityAndTheSignOfZero) {
  for (auto f : {floor, ceil, trunc, round_to_whole}) {
    expect_close(f(tensor({NAN, INFINITY, -INFINITY, -0.0f})), {NAN, INFINITY, -INFINITY, 0});
    EXPECT_TRUE(std::signbit(f(tensor(-0.0)).item<float>()));
  }
}

TEST(Round, KindLeavesIntegersAsTheyAreInANewTensor) {
  for (auto f : {floor, ceil, trunc, round_to_whole}) {
    for (DType dtype : {uint8, int32, int64}) {
      const Tensor x = tensor({0, 7, 200}).to(dtype), y = f(x);
      EXPECT_TRUE(equal(x, y));
      y.fill_(1);
      EXPECT_FALSE(equal(x, y));
    }
  }
}

TEST(Sign, OfNaNAndZeroIsZero) {
  const Tensor y = sign(tensor({NAN, -0.0f, 0.0f, 1e-45f, -INFINITY}));
  expect_close(y, {0, 0, 0, 1, -1});
  EXPECT_FALSE(std::signbit(y[1].item<float>()));
}

TEST(Sign, KeepsTheDtype) {
  EXPECT_TRUE(equal(sign(tensor({-5, 0, 7})), tensor({-1, 0, 1})));
  EXPECT_TRUE(equal(sign(tensor({0, 200}).to(uint8)), tensor({0, 1}).to(uint8)));
  EXPECT_TRUE(equal(sign(tensor({true, false})), tensor({true, false})));
}

TEST(Round, AndKinHaveRecordedGradientsOfZero) {
  for (auto f : {floor, ceil, trunc, round_to_whole, sign}) {
    const Tensor x = leaf({-1.5, 0, 2.25}, {3}), y = f(x);
    EXPECT_TRUE(y.requires_grad());
    expect_close(gradient(y, x, {1, NAN, 3}), {0, 0, 0});
  }
}

TEST(Round, MethodsAreTheFunctions) {
  const Tensor x = tensor({0.5, -2.25});
  EXPECT_TRUE(equal(x.floor(), floor(x)) && equal(x.ceil(), ceil(x)) && equal(x.trunc(), trunc(x)));
  EXPECT_TRUE(equal(x.round(), round(x)) && equal(x.round(1), round(x, 1)) && equal(x.sign(), sign(x)));
}

TEST(Round, AndKinRefuse) {
  testing::expect_errors({
      {"DTypeError: floor: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { floor(tensor({true})); }},
      {"DTypeError: ceil: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { ceil(tensor({true})); }},
      {"DTypeError: trunc: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { trunc(tensor({true})); }},
      {"DTypeError: round: not defined for bool_; use & | ^ ~, or convert it with .to(int64) or .to(float32)",
       [] { round(tensor({true})); }},
      {"DTypeError: round: expected a floating dtype, got int64; convert it with .to(float32)",
       [] { round(tensor({15}), -1); }},
      {"ValueError: sign: the tensor is undefined; has backward run?", [] { sign(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
