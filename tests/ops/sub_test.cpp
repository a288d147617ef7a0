#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::Inputs;
using testing::leaf;

TEST(Sub, SubtractsElementByElement) {
  expect_close(tensor({1.0f, 2.0f}) - tensor({10.0f, -2.5f}), {-9, 4.5});
  expect_close(sub(tensor({1, 2}), tensor({10, -2})), {-9, 4});
}

TEST(Sub, NegatesTheGradientOfTheRightSide) {
  testing::expect_gradients([](const Inputs& x) { return x[0] - x[1]; },
                            {leaf({1, 2, 3, 4, 5, 6}, {2, 3}), leaf({0.5, -1}, {2, 1})});
}

TEST(Sub, OfATensorFromItselfHasGradientZero) {
  Tensor x = leaf({3}, {});
  (x - x).backward();
  expect_close(x.grad(), {0});
}

TEST(Sub, OfInfinityFromItselfIsNaN) { expect_close(tensor({INFINITY}) - tensor({INFINITY}), {NAN}); }

TEST(Sub, RefusesUint8) {
  expect_error<DTypeError>([] { return tensor({1}, {.dtype = uint8}) - 1; }, "sub: uint8 has no arithmetic",
                           ".to(int64)");
}

}  // namespace
}  // namespace xtape
