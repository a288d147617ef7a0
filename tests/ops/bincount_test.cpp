#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_errors;
using testing::integers;
using testing::leaf;

XTAPE_OP_CASES(bincount) {
  cases.add("bincount", "", {integers({50}, 7)}, "[torch.bincount(x[0]), torch.bincount(x[0], minlength=9)]",
            [](Args x) {
              return std::vector<Tensor>{bincount(x[0]), bincount(x[0], {}, 9)};
            });
  cases.add("bincount", "weights", {integers({50}, 7), any({50})}, "torch.bincount(x[0], x[1].detach())",
            [](Args x) { return bincount(x[0], x[1].detach()); });
  cases.add("bincount", "weights of integers", {integers({50}, 7), integers({50}, 5)}, "torch.bincount(x[0], x[1], 9)",
            [](Args x) { return x[0].bincount(x[1], 9); });
  cases.add("bincount", "empty", {integers({0}, 7)}, "[torch.bincount(x[0]), torch.bincount(x[0], x[0], 2)]",
            [](Args x) {
              return std::vector<Tensor>{bincount(x[0]), bincount(x[0], x[0], 2)};
            });
}

TEST(Bincount, CountsEachValue) {
  const Tensor y = bincount(tensor({0, 1, 1, 3}));
  EXPECT_EQ(y.dtype(), int64);
  expect_close(y, {1, 2, 0, 1});
  expect_close(tensor({1, 1}).to(uint8).bincount({}, 4), {0, 2, 0, 0});
  expect_close(tensor({5}).to(int32).bincount({}, 2), {0, 0, 0, 0, 0, 1});
}

TEST(Bincount, AddsUpWeightsInDouble) {
  const Tensor x = zeros({1'000'000}, {.dtype = int64}), w = full({1'000'000}, 0.1f);
  expect_close(bincount(x, w), {1e5}, 1e-7);
  EXPECT_EQ(bincount(x, w).dtype(), float32);
  EXPECT_EQ(bincount(tensor({1}), tensor({true})).dtype(), float64);
  expect_close(bincount(tensor({2, 0, 2}), tensor({1., 2., 4.}), 5), {2, 0, 5, 0, 0});
}

TEST(Bincount, IsNeverRecorded) { EXPECT_FALSE(bincount(tensor({1, 0}), leaf({1, 2}, {2})).requires_grad()); }

TEST(Bincount, RefusesWhatCannotBeCounted) {
  expect_errors({
      {"ValueError: bincount: x[2] = -1 is negative",
       [] {
         bincount(tensor({0, 1, -1}));
       }},
      {"DTypeError: bincount: expected an integer dtype, got float32", [] { bincount(ones({2})); }},
      {"DTypeError: bincount: expected an integer dtype, got bool_", [] { bincount(tensor({true})); }},
      {"ShapeError: bincount: expected a 1-D tensor, got (1, 2); flatten it first?",
       [] {
         bincount(tensor({{0, 1}}));
       }},
      {"ShapeError: bincount: expected weights (2), got (3)",
       [] {
         bincount(tensor({0, 1}), ones({3}));
       }},
      {"ValueError: bincount: minlength is -1, it must not be negative", [] { bincount(tensor({0}), {}, -1); }},
      {"ValueError: bincount: the tensor is undefined; has backward run?", [] { bincount(Tensor()); }},
  });
}

}  // namespace
}  // namespace xtape
