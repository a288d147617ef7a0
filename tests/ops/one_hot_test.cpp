#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

namespace F = xtape::nn::functional;
using testing::Args;
using testing::expect_close;
using testing::expect_errors;
using testing::integers;

XTAPE_OP_CASES(one_hot) {
  cases.add("one_hot", "", {integers({2, 3}, 4)}, "[F.one_hot(x[0]), F.one_hot(x[0], 6), F.one_hot(x[0][0, 0], 4)]",
            [](Args x) {
              return std::vector<Tensor>{F::one_hot(x[0]), F::one_hot(x[0], 6), F::one_hot(x[0][0][0], 4)};
            });
  cases.add("one_hot", "empty", {integers({0, 2}, 4)}, "F.one_hot(x[0], 3)",
            [](Args x) { return F::one_hot(x[0], 3); });
}

TEST(OneHot, HasOneAtEachClass) {
  const Tensor y = F::one_hot(tensor({0, 2}));
  EXPECT_EQ(y.dtype(), int64);
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  expect_close(y, {1, 0, 0, 0, 0, 1});
  expect_close(F::one_hot(tensor(1), 4), {0, 1, 0, 0});
  expect_close(F::one_hot(tensor({1}).to(uint8)), {0, 1});
  EXPECT_TRUE(equal(F::one_hot(tensor({3, 1}), 5).argmax(1), tensor({3, 1})));
}

TEST(OneHot, RefusesClassesOutsideTheRange) {
  expect_errors({
      {"IndexError: one_hot: index[1] = 2 is outside [0, 2)",
       [] {
         F::one_hot(tensor({0, 2}), 2);
       }},
      {"IndexError: one_hot: index[1] = -2 is outside [0, 1)",
       [] {
         F::one_hot(tensor({0, -2}));
       }},
      {"IndexError: one_hot: index[0] = -2 is outside [0, 1)", [] { F::one_hot(tensor({-2})); }},
      {"ValueError: one_hot: (0) has no elements; pass num_classes", [] { F::one_hot(zeros({0}, {.dtype = int64})); }},
      {"ValueError: one_hot: num_classes is 0, it must be positive, or -1: as many as the largest class needs",
       [] { F::one_hot(tensor({0}), 0); }},
      {"DTypeError: one_hot: expected an integer dtype, got float32", [] { F::one_hot(ones({2})); }},
      {"ValueError: one_hot: the tensor is undefined; has backward run?", [] { F::one_hot(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
