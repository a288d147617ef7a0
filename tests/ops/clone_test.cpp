#include "support/expect.hpp"

namespace xtape {
namespace {

using testing::expect_close;

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
