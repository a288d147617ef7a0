#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;
using testing::leaf;

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

}  // namespace
}  // namespace xtape
