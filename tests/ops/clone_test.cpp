#include "support/expect.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;

XTAPE_OP_CASES(clone) {
  cases.add("clone", "", {any({2, 3})}, "x[0].clone()", [](Args x) { return x[0].clone(); });
}

TEST(Clone, HasStorageOfItsOwn) {
  const Tensor x = tensor({1, 2}), y = x.clone();
  x.fill_(7);
  expect_close(y, {1, 2});
}

TEST(Clone, KeepsDtypeAndShape) {
  for (DType d : {bool_, uint8, int32, int64, float32, float64}) {
    const Tensor y = ones({2, 0, 3}, {.dtype = d}).clone();
    EXPECT_EQ(y.dtype(), d);
    EXPECT_EQ(y.shape(), (Shape{2, 0, 3}));
  }
}

TEST(Clone, OfASliceHoldsTheSliceOnly) {
  const Tensor y = tensor({{1, 2}, {3, 4}})[1].clone();
  expect_close(y, {3, 4});
}

}  // namespace
}  // namespace xtape
