#include <limits>
#include <string>

#include "support/expect.hpp"
#include "support/misuse.hpp"
#include "support/op_cases.hpp"

namespace xtape {
namespace {

using testing::any;
using testing::Args;
using testing::expect_close;
using testing::expect_errors;
using testing::given;
using testing::gradient;
using testing::inf;
using testing::integers;
using testing::leaf;
using testing::nan;
using testing::truths;

XTAPE_OP_CASES(cumsum) {
  for (const std::int64_t dim : {0, 1, -1}) {
    const std::string text = std::to_string(dim);
    cases.add("cumsum", "over " + text, {any({2, 3, 4})}, "torch.cumsum(x[0], " + text + ")",
              [dim](Args x) { return cumsum(x[0], dim); });
  }
  const std::string call = "torch.cumsum(x[0], 0)";
  const auto over_0 = [](Args x) { return cumsum(x[0], 0); };
  cases.add("cumsum", "0-dim", {any({})}, call, over_0);
  cases.add("cumsum", "empty", {any({0, 3})}, call, over_0);
  cases.add("cumsum", "wide", {any({3, 37})}, call, over_0);
  cases.add("cumsum", "long", {any({300})}, call, over_0).smooth = false;
  cases.add("cumsum", "NaN and infinities", {given({5}, {1, inf, 2, -inf, nan})}, call, over_0).smooth = false;
  cases.add(
      "cumsum", "integers", {integers({3, 4}, 9), truths({5})},
      "[x[0].cumsum(0), x[0].to(torch.int32).cumsum(1), x[1].cumsum(0), x[0].to(torch.uint8).cumsum(-1)]", [](Args x) {
        return std::vector<Tensor>{x[0].cumsum(0), x[0].to(int32).cumsum(1), x[1].cumsum(0), x[0].to(uint8).cumsum(-1)};
      });
}

TEST(Cumsum, AddsUpAlongADim) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  expect_close(x.cumsum(0), {1, 2, 3, 5, 7, 9});
  expect_close(x.cumsum(1), {1, 3, 6, 4, 9, 15});
  expect_close(cumsum(x, -1), {1, 3, 6, 4, 9, 15});
}

TEST(Cumsum, OfIntegersIsInt64) {
  for (DType d : {bool_, uint8, int32, int64}) {
    const Tensor y = ones({300}, {.dtype = d}).cumsum(0);
    EXPECT_EQ(y.dtype(), int64);
    EXPECT_EQ(y[299].item<int>(), 300);
  }
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(tensor(std::vector<std::int64_t>{largest, 1}).cumsum(0)[1].item<std::int64_t>(), -largest - 1);
}

TEST(Cumsum, DoesNotDriftOverManyFloat32) {
  expect_close(full({10'000'000}, 0.1f).cumsum(0)[9'999'999], {1e6}, 1e-7);
  expect_close(full({1'000'000, 2}, 0.1f).cumsum(0)[999'999], {1e5, 1e5}, 1e-7);
}

TEST(Cumsum, SumsItsGradientInReverse) {
  Tensor x = leaf({1, 2, 3}, {3});
  expect_close(gradient(x.cumsum(0), x, {1, 10, 100}), {111, 110, 100});
}

TEST(Cumsum, RefusesDimsOutsideTheRange) {
  expect_errors({
      {"IndexError: cumsum: dim 1 is outside [-1, 1)", [] { ones({2}).cumsum(1); }},
      {"ValueError: cumsum: the tensor is undefined; has backward run?", [] { cumsum(Tensor(), 0); }},
  });
}

}  // namespace
}  // namespace xtape
