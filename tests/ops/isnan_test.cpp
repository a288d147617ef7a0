#include "support/expect.hpp"

namespace xtape {
namespace {

TEST(Isnan, FindsOnlyNaN) {
  const Tensor y = isnan(tensor({NAN, 1.0f, INFINITY, -INFINITY}));
  EXPECT_EQ(y.dtype(), bool_);
  testing::expect_close(y, {1, 0, 0, 0});
}

TEST(Isnan, IsFalseForIntegersAndBool) {
  testing::expect_close(isnan(tensor({0, 1})), {0, 0});
  testing::expect_close(isnan(tensor({false, true})), {0, 0});
}

}  // namespace
}  // namespace xtape
