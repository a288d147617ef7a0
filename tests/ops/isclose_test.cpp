// isclose, allclose, isinf and isfinite.
#include <cmath>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;

XTAPE_OP_CASES(isclose) {
  cases.add(
      "isclose", "special", {testing::special({400}, 20), testing::special({400})},
      "[torch.isclose(*x), torch.isclose(*x, equal_nan=True), torch.isclose(*x, 0.5, 10), torch.isclose(*x, 0, 0),"
      " torch.isclose(*x, 1, inf), torch.isinf(x[0]), torch.isfinite(x[0])]",
      [](Args x) {
        const Tensor &a = x[0], &b = x[1];
        return std::vector<Tensor>{isclose(a, b),       isclose(a, b, 1e-5, 1e-8, true), isclose(a, b, 0.5, 10),
                                   isclose(a, b, 0, 0), isclose(a, b, 1, INFINITY),      isinf(a),
                                   isfinite(a)};
      });
  cases.add("isclose", "near", {testing::any({50}), testing::uniform({50}, -1e-5, 2e-5)},
            "[torch.isclose(x[0], x[0] + x[1] * s) for s in (0.1, 1, 3)]", [](Args x) {
              return std::vector<Tensor>{isclose(x[0], x[0] + x[1] * 0.1), isclose(x[0], x[0] + x[1] * 1),
                                         isclose(x[0], x[0] + x[1] * 3)};
            });
  cases.add("isclose", "integers", {testing::integers({20, 1}, 9), testing::integers({20}, 9)},
            "[torch.isclose(*x), torch.isclose(*x, 0.25, 0.5), torch.isclose(x[0].to(torch.uint8), "
            "x[1].to(torch.uint8), 0, 2), torch.isclose(x[0] > 3, x[1] > 3)]",
            [](Args x) {
              return std::vector<Tensor>{isclose(x[0], x[1]), isclose(x[0], x[1], 0.25, 0.5),
                                         isclose(x[0].to(uint8), x[1].to(uint8), 0, 2), isclose(x[0] > 3, x[1] > 3)};
            });
}

TEST(IsClose, MeasuresByTheSecondOperand) {
  EXPECT_TRUE(isclose(tensor(1.0), tensor(2.0), 0.5, 0).item<bool>());
  EXPECT_FALSE(isclose(tensor(2.0), tensor(1.0), 0.5, 0).item<bool>());
}

TEST(IsClose, OfInfinityIsItselfAlone) {
  const Tensor x = tensor({INFINITY, -INFINITY, 1.0f});
  EXPECT_TRUE(equal(isclose(x, tensor({INFINITY, INFINITY, INFINITY})), tensor({true, false, false})));
}

TEST(IsClose, HoldsForNaNOnlyOnRequest) {
  const Tensor x = tensor({NAN, 1.0f}), y = tensor({NAN, NAN});
  EXPECT_TRUE(equal(isclose(x, y), tensor({false, false})));
  EXPECT_TRUE(equal(isclose(x, y, 1e-5, 1e-8, true), tensor({true, false})));
}

TEST(IsClose, OfUint8DoesNotWrapAround) {
  EXPECT_FALSE(isclose(tensor({0}).to(uint8), tensor({255}).to(uint8), 0, 2).item<bool>());
}

TEST(AllClose, IsABool) {
  const bool close = allclose(ones({2, 3}), ones({3}) + 1e-6);
  EXPECT_TRUE(close);
  EXPECT_FALSE(allclose(ones({2, 3}), tensor({1.0, 1.0, 1.1})));
  EXPECT_TRUE(allclose(tensor({NAN}), tensor({NAN}), 0, 0, true));
  EXPECT_TRUE(allclose(zeros({0, 3}), ones({3})));
}

TEST(IsClose, IsNeverRecorded) {
  const Tensor x = tensor({1.0f}, {.requires_grad = true});
  EXPECT_FALSE(isclose(x, x).requires_grad());
}

TEST(IsFinite, IsTrueOfIntegersAndTruths) {
  for (DType dtype : {bool_, uint8, int32, int64}) {
    const Tensor x = ones({2}, {.dtype = dtype});
    EXPECT_TRUE(equal(isfinite(x), tensor({true, true})) && equal(isinf(x), tensor({false, false})));
  }
}

TEST(IsClose, MethodsAreTheFunctions) {
  const Tensor x = tensor({1.0f, NAN, INFINITY});
  EXPECT_TRUE(equal(x.isclose(x, 0, 0, true), tensor({true, true, true})) && !x.allclose(x));
  EXPECT_TRUE(equal(x.isnan(), isnan(x)) && equal(x.isinf(), isinf(x)) && equal(x.isfinite(), isfinite(x)));
}

TEST(IsClose, Refuses) {
  testing::expect_errors({
      {"DTypeError: isclose: the dtypes differ: float32 and int64; convert one with .to",
       [] { isclose(tensor({1.0f}), tensor({1})); }},
      {"DTypeError: allclose: the dtypes differ: float32 and float64; convert one with .to",
       [] { allclose(ones({2}), ones({2}, {.dtype = float64})); }},
      {"ValueError: isclose: rtol must be at least 0, got -1", [] { isclose(ones({1}), ones({1}), -1); }},
      {"ValueError: isclose: atol must be at least 0, got nan", [] { isclose(ones({1}), ones({1}), 0, NAN); }},
      {"ShapeError: allclose: shapes (2) and (3) do not broadcast: dim -1 is 2 and 3",
       [] { allclose(ones({2}), ones({3})); }},
      {"ValueError: allclose: the tensor is undefined; has backward run?", [] { allclose(ones({2}), Tensor()); }},
      {"ValueError: isinf: the tensor is undefined; has backward run?", [] { isinf(Tensor()); }},
      {"ValueError: isfinite: the tensor is undefined; has backward run?", [] { isfinite(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
