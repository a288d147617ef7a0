#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::Args;
using testing::special;

XTAPE_OP_CASES(isnan) {
  cases.add("isnan", "special", {special({20})}, "torch.isnan(x[0])", [](Args x) { return isnan(x[0]); }).smooth =
      false;
}

TEST(Isnan, FindsOnlyNaN) {
  const Tensor y = isnan(tensor({NAN, 1.0f, INFINITY, -INFINITY}));
  EXPECT_EQ(y.dtype(), bool_);
  testing::expect_close(y, {1, 0, 0, 0});
}

TEST(Isnan, IsFalseForIntegersAndBool) {
  testing::expect_close(isnan(tensor({0, 1})), {0, 0});
  testing::expect_close(isnan(tensor({false, true})), {0, 0});
}

TEST(Isnan, ThrowsOneClearLine) {
  testing::expect_errors({
      {"ValueError: isnan: the tensor is undefined; has backward run?", [] { isnan(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
